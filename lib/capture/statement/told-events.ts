import { EventInsert } from '../../store/event-insert';
import { tableSql } from '../entity/table-sql';
import { readMarks } from './marks';
import {
  joinLocked,
  keyName,
  lockedRowsSql,
  namedKey,
  OLD_ALIAS,
  oldAlias,
  oldRowSource,
  whereAfterLock,
} from './old-rows';
import { columnsSql, hookedOf, namesSql } from './row-columns';
import { keyOf, type RowContext } from './row-sql';
import { eventSource, operationsOf, sidesOf, type ToldRows } from './told-rows';
import {
  type ComposedStatement,
  type OldRowSource,
  OWN_PREFIX,
  type ResultRow,
  removeOwn,
  type WriteStatement,
} from './write';

/** What the statement needs besides itself. */
export interface Telling {
  /** Whether the old values must be exact though another transaction changes the row at the same time. */
  readonly isExact: boolean;
  /** A new UUID. */
  readonly newId: () => string;
  /** The INSERT of events; its parameters are those of `insert`. */
  readonly insertSql: (insert: EventInsert) => string;
}

/** An event that a statement stored. */
export type ToldEvent = readonly [id: string, hook: string, event: string, operation: string];

export interface ToldResult {
  /** The rows that the statement would return without us. */
  readonly rows: readonly ResultRow[];
  /** The number of rows that it wrote. */
  readonly affected: number;
  readonly events: readonly ToldEvent[];
}

/** The statement, which also stores the events of the rows that it writes: one round trip, and no transaction of ours. */
export function tellingEvents(
  write: WriteStatement,
  context: RowContext,
  telling: Telling,
): ComposedStatement {
  const source = oldRowSource(write, context, telling);
  const statement = readMarks(write.sql);
  const isLocked = source === 'locked';
  const written = statement.extended(
    `${oldAlias(source)}${writtenColumns(write, context, source)}`,
    isLocked ? whereAfterLock(statement) : undefined,
  );
  const insert = new EventInsert(write.parameters);
  const rows: ToldRows = {
    from: rowsSql(write, context, source),
    sides: sidesOf(write, source),
    operations: operationsOf(write, context),
    isOne: write.isOneRow,
  };
  for (const [n, one] of hookedOf(context).entries())
    insert.add(eventSource(insert, context, rows, { one, n, id: telling.newId() }));
  const old = columnsSql(context, write.alias, 'was');
  const parts = [
    ...(isLocked ? [lockedRowsSql(write, context, statement, old)] : []),
    `${WRITTEN} AS (${written})`,
    `${TOLD} AS (${telling.insertSql(insert)} RETURNING json_build_array(id, hook, event, operation) AS told)`,
  ];
  return { sql: `WITH ${parts.join(', ')} ${resultSql(write)}`, parameters: insert.parameters };
}

/** Reads the result of `tellingEvents`. */
export function readTold(
  { returnsRows }: WriteStatement,
  result: readonly ResultRow[],
): ToldResult {
  const events: readonly ToldEvent[] = JSON.parse(String(result[0]?.[TOLD] ?? '[]'));
  if (!returnsRows) return { rows: [], affected: Number(result[0]?.[COUNT]), events };
  for (const row of result) removeOwn(row);
  return { rows: result, affected: result.length, events };
}

/** What is added to the RETURNING clause of the write. */
function writtenColumns(
  { kind, alias }: WriteStatement,
  context: RowContext,
  source: OldRowSource,
): string {
  if (kind === 'delete') return columnsSql(context, alias, 'was');
  const now = columnsSql(context, alias, 'now');
  switch (source) {
    case 'none':
      return now;
    case 'returned':
      return `${now}, ${columnsSql(context, OLD_ALIAS, 'was')}`;
    case 'locked':
    case 'snapshot':
      return `${now}, ${namedKey(context, alias)}`;
  }
}

/** The written rows with their sides, as a FROM clause. */
function rowsSql(write: WriteStatement, context: RowContext, source: OldRowSource): string {
  switch (source) {
    case 'none':
    case 'returned':
      return `${WRITTEN} w`;
    case 'locked':
      return `${WRITTEN} w ${joinLocked(write, context)}`;
    case 'snapshot': {
      const table = tableSql(context.dataSource, context.table.metadata);
      const isRow = keyOf(context, 'o').map((key, n) => `${key} = w.${keyName(n)}`);
      return (
        `(SELECT ${namesSql(context, 'w', 'now')}, ${columnsSql(context, 'o', 'was')} FROM ${WRITTEN} w ` +
        `LEFT JOIN ${table} o ON ${isRow.join(' AND ')}) w`
      );
    }
  }
}

function resultSql({ returnsRows, returnedNames, isOneRow }: WriteStatement): string {
  const told = `(SELECT json_agg(told)::text FROM ${TOLD})`;
  if (!returnsRows)
    return `SELECT ${told} AS ${TOLD}, (SELECT count(*) FROM ${WRITTEN})::text AS ${COUNT}`;
  // A common table expression is scanned in the order in which its rows were written.
  const once = isOneRow ? told : `CASE WHEN row_number() OVER () = 1 THEN ${told} END`;
  return `SELECT ${once} AS ${TOLD}, ${returnedNames ?? 'w.*'} FROM ${WRITTEN} w`;
}

const WRITTEN = `${OWN_PREFIX}written`;
const TOLD = `${OWN_PREFIX}told`;
const COUNT = `${OWN_PREFIX}count`;
