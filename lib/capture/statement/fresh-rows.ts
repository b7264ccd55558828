import type { TableReader } from '../entity/table-facts';
import { tableSql } from '../entity/table-sql';
import { keyOf, type RowContext, rowSql, type StatementRow } from './row-sql';

/** Reads rows again after later statements of the same call, by one statement. Rows that do not exist any more are left out. */
export async function freshRows(
  runner: TableReader,
  context: RowContext,
  rows: readonly StatementRow[],
): Promise<readonly StatementRow[]> {
  const ids = rows.map(({ id }) => id);
  return (await rowsOf(runner, context, ids)).map(({ row }) => row);
}

/** A row that was found, and the place of its primary key among those that were sought. */
export interface FoundRow {
  readonly n: number;
  readonly row: StatementRow;
}

/** Reads rows by their primary keys, one text a column, in one statement. */
export async function rowsOf(
  runner: TableReader,
  context: RowContext,
  ids: readonly (readonly string[])[],
): Promise<readonly FoundRow[]> {
  const { dataSource, table, facts } = context;
  const { primaryColumns } = table.metadata;
  const keys = ids.map((id, n) => ({
    n,
    ...Object.fromEntries(id.map((text, k) => [`k${k}`, text])),
  }));
  const columns = primaryColumns.map((_, k) => `k${k} text`);
  const key = keyOf(context, 't');
  const isRow = primaryColumns.map(
    ({ databaseName }, k) => `${key[k]} = c.k${k}::${facts.columns.get(databaseName)}`,
  );
  // As text, because the application may have its own parser for JSON and for numbers.
  const found = (await runner.query(
    `SELECT c.n::text AS n, ${rowSql(context, 't')}::text AS row ` +
      `FROM json_to_recordset($1::json) AS c(n int, ${columns.join(', ')}) ` +
      `JOIN ${tableSql(dataSource, table.metadata)} t ON ${isRow.join(' AND ')}`,
    [JSON.stringify(keys)],
  )) as readonly { readonly n: string; readonly row: string }[];
  return found.map(({ n, row }) => ({ n: Number(n), row: JSON.parse(row) }));
}
