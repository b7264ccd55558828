import type { DataSource, EntityMetadata, QueryRunner } from 'typeorm';
import type { JsonRecord } from '../../base/json';
import type { Field } from '../../hook/field';
import { keyColumnsSql, keyJoinSql, keyParameters, tableSql } from './key-sql';
import { objectSql } from './object-sql';
import { keyText, type RowKey } from './row-key';

export interface RowsWanted {
  readonly metadata: EntityMetadata;
  readonly columns: readonly Field[];
  readonly keys: readonly RowKey[];
  /** Hold the rows until the transaction ends, so that they are still the same when they are written. */
  readonly lock: boolean;
}

/** Reads rows by key in one statement, as the database writes their values. A row that is not there is left out. */
export async function readRows(
  dataSource: DataSource,
  runner: QueryRunner,
  { metadata, columns, keys, lock }: RowsWanted,
): Promise<Map<string, JsonRecord>> {
  const sql =
    `SELECT c.n, ${objectSql(dataSource, columns, 't')} AS row ` +
    `FROM json_to_recordset($1::json) AS c(n int, ${keyColumnsSql(metadata)}) ` +
    `JOIN ${tableSql(dataSource, metadata)} t ON ${keyJoinSql(dataSource, metadata)}` +
    `${lock ? ' FOR UPDATE OF t' : ''}`;
  const wanted = JSON.stringify(keys.map((key, n) => ({ n, ...keyParameters(key) })));
  const found: readonly { n: number; row: JsonRecord }[] = await runner.query(sql, [wanted]);
  return new Map(found.map(({ n, row }) => [keyText(keys[n] ?? []), row]));
}
