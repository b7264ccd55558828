import type { QueryRunner } from 'typeorm';
import { tableSql } from '../entity/table-sql';
import { keyOf, type RowContext, rowSql, type StatementRow } from './row-sql';

/** Reads rows again after later statements of the same call, by one statement. Rows that do not exist any more are left out. */
export async function freshRows(
  runner: QueryRunner,
  context: RowContext,
  rows: readonly StatementRow[],
): Promise<readonly StatementRow[]> {
  const { dataSource, table, facts } = context;
  const { primaryColumns } = table.metadata;
  const keys = rows.map(({ id }) => Object.fromEntries(id.map((text, n) => [`k${n}`, text])));
  const columns = primaryColumns.map((_, n) => `k${n} text`);
  const key = keyOf(context, 't');
  const isRow = primaryColumns.map(
    ({ databaseName }, n) => `${key[n]} = c.k${n}::${facts.columns.get(databaseName)}`,
  );
  // As text, because the application may have its own parser for JSON.
  const found: readonly { readonly row: string }[] = await runner.query(
    `SELECT ${rowSql(context, 't')}::text AS row FROM json_to_recordset($1::json) AS c(${columns.join(', ')}) ` +
      `JOIN ${tableSql(dataSource, table.metadata)} t ON ${isRow.join(' AND ')}`,
    [JSON.stringify(keys)],
  );
  return found.map(({ row }) => JSON.parse(row));
}
