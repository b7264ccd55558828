import { tableSql } from '../entity/table-sql';
import { readMarks } from './marks';
import {
  joinLocked,
  lockedRowsSql,
  namedKey,
  OLD_ALIAS,
  oldAlias,
  oldRowSource,
  whereAfterLock,
} from './old-rows';
import { type Owner, ownersSql } from './owners';
import { keyOf, type RowContext, rowSql, type StatementRow } from './row-sql';
import {
  type ComposedStatement,
  type OldRowSource,
  OWN_PREFIX,
  type ResultRow,
  removeOwn,
  type WriteStatement,
} from './write';

/** One row that a statement wrote: as it is now, and as it was. */
export interface WrittenRow {
  /** Null if it was deleted. */
  readonly now: StatementRow | null;
  /** Null if it was inserted. */
  readonly old: StatementRow | null;
}

/** The statement, which also returns what it did with each row. `takeRows` reads that from its result. */
export function returningRows(
  write: WriteStatement,
  context: RowContext,
  { owners, ...wishes }: { readonly isExact: boolean; readonly owners: readonly Owner[] },
): ComposedStatement {
  const source = oldRowSource(write, context, wishes);
  const statement = readMarks(write.sql);
  const now = write.kind === 'delete' ? 'NULL' : `${rowSql(context, write.alias)}::text`;
  const old = oldRowSql(write, context, source);
  const items = [
    `${now} AS ${NOW}`,
    ...(old === null ? [] : [`${old}::text AS ${OLD}`]),
    ...ownersSql(context.dataSource, owners, write.alias),
  ];
  const returned = `${oldAlias(source)}${items.join(', ')}`;
  const { parameters } = write;
  if (source !== 'locked') return { sql: statement.extended(returned), parameters };
  const columns = `${rowSql(context, write.alias)}::text AS ${OLD}`;
  const written = statement.extended(
    `${returned}, ${namedKey(context, write.alias)}`,
    whereAfterLock(statement),
  );
  return {
    parameters,
    sql:
      `WITH ${lockedRowsSql(write, context, statement, columns)}, ${WRITTEN} AS (${written}) SELECT w.*, o.${OLD} ` +
      `FROM (SELECT row_number() OVER ()::text AS ${NUMBER}, * FROM ${WRITTEN}) w ${joinLocked(write, context)} ` +
      `ORDER BY w.${NUMBER}::bigint`,
  };
}

/** Takes our columns out of the rows of a result. `rows` are those that the statement would return without us. */
export function takeRows(result: readonly ResultRow[]): {
  readonly rows: readonly ResultRow[];
  readonly written: readonly WrittenRow[];
} {
  const written = result.map((row) => ({ now: parsed(row[NOW]), old: parsed(row[OLD]) }));
  // The old row of a changed key stands in a row of its own.
  const rows = result.filter((row) => !(NUMBER in row) || row[NUMBER] !== null);
  for (const row of rows) removeOwn(row);
  return { rows, written };
}

/** The old row for a `RETURNING` clause; null if the statement does not return it. */
function oldRowSql(
  { kind, alias }: WriteStatement,
  context: RowContext,
  source: OldRowSource,
): string | null {
  switch (source) {
    case 'none':
      return kind === 'delete' ? rowSql(context, alias) : null;
    case 'locked':
      return null;
    case 'returned':
      // An upsert that inserts returns an old row of nulls.
      return `CASE WHEN ${keyOf(context, OLD_ALIAS)[0]} IS NOT NULL THEN ${rowSql(context, OLD_ALIAS)} END`;
    case 'snapshot': {
      const key = keyOf(context, alias);
      const isRow = keyOf(context, SEEN).map((column, n) => `${column} = ${key[n]}`);
      const table = tableSql(context.dataSource, context.table.metadata);
      return `(SELECT ${rowSql(context, SEEN)} FROM ${table} ${SEEN} WHERE ${isRow.join(' AND ')})`;
    }
  }
}

function parsed(text: unknown): StatementRow | null {
  return typeof text === 'string' ? JSON.parse(text) : null;
}

const NOW = `${OWN_PREFIX}now`;
const OLD = `${OWN_PREFIX}was`;
const NUMBER = `${OWN_PREFIX}n`;
const WRITTEN = `${OWN_PREFIX}written`;
/** The row in the snapshot of the statement. */
const SEEN = `${OWN_PREFIX}seen`;
