import { tableSql } from '../entity/table-sql';
import { type MarkedStatement, readMarks } from './marks';
import { keyOf, type RowContext } from './row-sql';
import type { OldRowSource, WriteStatement } from './write';

/** The row before the write, in `RETURNING` of PostgreSQL 18. */
export const OLD_ALIAS = 'model_hook_before';
/** The rows that the statement will write, read and locked before it writes them. */
const LOCKED = 'model_hook_locked';

/** PostgreSQL 18: the `RETURNING` clause can name the old row. */
const RETURNS_OLD_ROWS = 180_000;

interface Wishes {
  /** Whether the old values must be exact though another transaction changes the row at the same time. */
  readonly isExact: boolean;
}

export function oldRowSource(
  { kind, isUpsert, setsKey, sql }: WriteStatement,
  { facts }: RowContext,
  { isExact }: Wishes,
): OldRowSource {
  if (kind === 'delete' || (kind === 'insert' && !isUpsert)) return 'none';
  const canLock = facts.canLock && facts.canNest && isRepeatable(sql);
  if (kind === 'update' && setsKey && canLock) return 'locked';
  if (facts.isTable && facts.serverVersion >= RETURNS_OLD_ROWS) return 'returned';
  return kind === 'update' && isExact && canLock ? 'locked' : 'snapshot';
}

/** Whether the condition may be evaluated twice, and in another place: it calls no function, and names no CTE of the statement. */
function isRepeatable(sql: string): boolean {
  return !BEGINS_WITH_CTE.test(sql) && !CALLS_FUNCTION.test(readMarks(sql).where);
}

const BEGINS_WITH_CTE = /^\s*(?:\/\*.*?\*\/\s*)*WITH\s/is;
const CALLS_FUNCTION =
  /\b(?!(?:where|in|and|or|not|any|all|some|exists|select|from|like|ilike|between)\b)[a-z_]\w*"?\s*\(/i;

/** The clause of PostgreSQL 18 that names the old row. */
export function oldAlias(source: OldRowSource): string {
  return source === 'returned' ? `WITH (OLD AS ${OLD_ALIAS}) ` : '';
}

/** The columns of the key with the names under which `joinLocked` finds them. */
export function namedKey(context: RowContext, alias: string): string {
  return keyOf(context, alias)
    .map((column, n) => `${column} AS ${keyName(n)}`)
    .join(', ');
}

export function keyName(n: number): string {
  return `model_hook_key_${n}`;
}

/** Reads and locks the rows, as a common table expression. The lock is the one that the statement itself would take. */
export function lockedRowsSql(
  { alias, setsKey }: WriteStatement,
  context: RowContext,
  { where }: MarkedStatement,
  columns: string,
): string {
  const table = tableSql(context.dataSource, context.table.metadata);
  const lock = setsKey ? 'FOR UPDATE' : 'FOR NO KEY UPDATE';
  return `${LOCKED} AS (SELECT ${namedKey(context, alias)}, ${columns} FROM ${table}${where} ${lock})`;
}

/** The WHERE clause of a statement that writes after the rows are locked. PostgreSQL evaluates a condition without columns first. */
export function whereAfterLock({ where }: MarkedStatement): string {
  const condition = where.replace(/^\s*WHERE\s/, '').trim();
  const isLocked = `(SELECT count(*) FROM ${LOCKED}) IS NOT NULL`;
  return ` WHERE ${condition === '' ? isLocked : `${isLocked} AND (${condition})`}`;
}

/** Joins the written rows `w` with the locked rows `o`. */
export function joinLocked({ setsKey }: WriteStatement, { table }: RowContext): string {
  const isRow = table.metadata.primaryColumns.map((_, n) => `w.${keyName(n)} = o.${keyName(n)}`);
  // A row whose key changes has no partner: it is removed under the one key, and inserted under the other.
  return `${setsKey ? 'FULL' : 'LEFT'} JOIN ${LOCKED} o ON ${isRow.join(' AND ')}`;
}
