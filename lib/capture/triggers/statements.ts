/** What a statement means for the transaction of its connection. */
export type StatementKind = 'begins' | 'ends' | 'rollsBack' | 'controls' | 'reads' | 'writes';

/** Judged by its first words, after comments. A statement that cannot be judged is one that writes. */
export function kindOf(sql: string): StatementKind {
  const text = sql.replace(COMMENTS, '');
  const [, first = '', second = ''] = /^(\w+)(?:\s+(\w+))?/.exec(text) ?? [];
  if (ROLLS_BACK_TO.test(text)) return 'rollsBack';
  if (first.toUpperCase() === 'PREPARE')
    return second.toUpperCase() === 'TRANSACTION' ? 'ends' : 'writes';
  return KINDS[first.toUpperCase()] ?? 'writes';
}

const ROLLS_BACK_TO = /^rollback\s+(?:(?:work|transaction)\s+)?to\b/i;

const KINDS: Readonly<Record<string, StatementKind>> = {
  BEGIN: 'begins',
  START: 'begins',
  COMMIT: 'ends',
  END: 'ends',
  ABORT: 'ends',
  ROLLBACK: 'ends',
  SAVEPOINT: 'controls',
  RELEASE: 'controls',
  SET: 'controls',
  SHOW: 'reads',
  SELECT: 'reads',
};

const COMMENTS = /^(?:\s+|--[^\n]*\n|\/\*[\s\S]*?\*\/)+/;
const FIRES = /^(?:select|insert|update|delete|merge|with|truncate|copy|values|execute|call|do)\b/i;
/** They may commit by themselves. */
const COMMITS = /^(?:call|do)\b/i;

/** Whether triggers of tables may run because of a statement. They do not because of those that change a schema. */
export function mayFireTriggers(sql: string): boolean {
  return FIRES.test(sql.replace(COMMENTS, ''));
}

/** Whether a statement can run in a transaction that was begun for it. Several statements may commit in between. */
export function canRunAlone(sql: string): boolean {
  return !COMMITS.test(sql.replace(COMMENTS, '')) && !/;\s*\S/.test(sql);
}
