import type { DataSource, EntityMetadata, QueryRunner } from 'typeorm';
import type { JsonRecord } from '../../base/json';
import type { Field } from '../../hook/field';
import { keyColumnsSql, keyJoinSql, keyParameters, tableSql } from './key-sql';
import { objectSql } from './object-sql';
import { rowKeyTextsSql } from './row-id';
import { keyText, type RowKey } from './row-key';

/** A row as the database wrote it. */
export interface RawRow {
  readonly values: JsonRecord;
  /** The texts that its row id is made of. */
  readonly key: readonly string[];
}

export interface RowsWanted {
  readonly metadata: EntityMetadata;
  readonly columns: readonly Field[];
  readonly keys: readonly RowKey[];
  /** Lock the rows until the transaction ends, so that nobody changes them before they are written. */
  readonly lock: boolean;
}

/** Reads rows in one statement. They are returned by the `keyText` of the key that was asked for; rows that do not exist are left out. */
export async function readRows(
  dataSource: DataSource,
  runner: QueryRunner,
  { metadata, columns, keys, lock }: RowsWanted,
): Promise<Map<string, RawRow>> {
  const sql =
    `SELECT c.n, ${objectSql(dataSource, columns, 't')} AS values, ` +
    `json_build_array(${rowKeyTextsSql(dataSource, metadata, 't').join(', ')}) AS key ` +
    `FROM json_to_recordset($1::json) AS c(n int, ${keyColumnsSql(metadata)}) ` +
    `JOIN ${tableSql(dataSource, metadata)} t ON ${keyJoinSql(dataSource, metadata)}` +
    `${lock ? ' FOR UPDATE OF t' : ''}`;
  const wanted = JSON.stringify(keys.map((key, n) => ({ n, ...keyParameters(key) })));
  const found: readonly ({ readonly n: number } & RawRow)[] = await runner.query(sql, [wanted]);
  return new Map(found.map(({ n, values, key }) => [keyText(keys[n] ?? []), { values, key }]));
}
