/** Which listeners to find. All given members must hold; null finds those without a value. */
export interface ListenerCriteria {
  readonly id?: string;
  readonly ids?: readonly string[];
  readonly hook?: string | null;
  readonly pattern?: string | null;
  readonly owner?: string | null;
  readonly key?: string | null;
  readonly target?: string;
  readonly active?: boolean;
  readonly declaredBefore?: Date;
}

interface Criterion {
  readonly sql: (parameter: string) => string;
  readonly none: string;
}

const CRITERIA: Readonly<Record<keyof ListenerCriteria, Criterion>> = {
  id: equal('id'),
  ids: { sql: (parameter) => `l.id = ANY(${parameter})`, none: 'false' },
  hook: equal('hook'),
  pattern: equal('pattern'),
  owner: equal('owner'),
  key: equal('key'),
  target: equal('target'),
  active: equal('active'),
  declaredBefore: {
    sql: (parameter) => `l.declared_at < ${parameter}`,
    none: 'l.declared_at IS NULL',
  },
};

/** The condition on a listener `l`. A criterion that is null asks for rows without a value. */
export function whereSql(criteria: ListenerCriteria): { sql: string; parameters: unknown[] } {
  const parameters: unknown[] = [];
  const given = Object.entries(criteria).filter(([, value]) => value !== undefined);
  const conditions = given.map(([name, value]) => {
    const { sql, none } = CRITERIA[name as keyof ListenerCriteria];
    return value === null ? none : sql(`$${parameters.push(value)}`);
  });
  return { sql: conditions.join(' AND ') || 'true', parameters };
}

/**
 * The newest listeners first, and those before a place ($n and the parameter after it). If a criterion has an index, the time is ordered
 * as it stands there; with the column itself, PostgreSQL may walk the newest listeners of all. That is what it has to do for criteria
 * which most listeners fit: those that are active, or have no owner.
 */
export function newestSql(
  criteria: Omit<ListenerCriteria, 'declaredBefore'>,
  n: number,
): { readonly order: string; readonly before: string } {
  const isIndexed = Object.values(criteria).some(
    (value) => value !== undefined && value !== null && value !== true,
  );
  const inIndex = (time: string) => (isIndexed ? `(${time} AT TIME ZONE 'UTC')` : time);
  const at = inIndex('l.created_at');
  return {
    order: `${at} DESC, l.id DESC`,
    before: `(${at}, l.id) < (${inIndex(`$${n}::timestamptz`)}, $${n + 1}::uuid)`,
  };
}

function equal(column: string): Criterion {
  return { sql: (parameter) => `l.${column} = ${parameter}`, none: `l.${column} IS NULL` };
}
