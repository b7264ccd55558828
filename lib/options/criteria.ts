/**
 * What a write by criteria does: `update(criteria)`, `insert()`, `delete()`, query builders and the like. `'expand'` makes an event of each
 * row that it changes, `'warn'` makes none and logs a warning, `'refuse'` rejects it with `CRITERIA_REFUSED`, and `'ignore'` makes none.
 */
export type CriteriaMode = 'expand' | 'warn' | 'refuse' | 'ignore';

export const CRITERIA_MODES = ['expand', 'warn', 'refuse', 'ignore'] as const;
