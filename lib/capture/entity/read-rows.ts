import type { DataSource, EntityMetadata, QueryRunner } from 'typeorm';
import type { JsonRecord } from '../../base/json';
import type { Field } from '../../hook/field';
import { keyColumnsSql, keyJoinSql, keyParameters } from './key-sql';
import { objectSql } from './object-sql';
import { rowKeyTextsSql } from './row-id';
import { keyText, type RowKey } from './row-key';
import { readable, type TableFacts } from './table-facts';
import { tableSql } from './table-sql';

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
  /** Lock the rows until the transaction ends, so that nobody changes them before they are written. A view is not locked. */
  readonly lock: boolean;
  readonly facts?: TableFacts | undefined;
}

/** Reads rows in one statement. They are returned by the `keyText` of the key that was asked for; rows that do not exist are left out. */
export async function readRows(
  dataSource: DataSource,
  runner: QueryRunner,
  { metadata, columns, keys, lock, facts }: RowsWanted,
): Promise<Map<string, RawRow>> {
  const values = objectSql(dataSource, readable(columns, facts), 't');
  const key = `json_build_array(${rowKeyTextsSql(dataSource, metadata, 't').join(', ')})`;
  // As text, because the application may have its own parser for JSON.
  const sql =
    `SELECT c.n::text AS n, ${values}::text AS values, ${key}::text AS key ` +
    `FROM json_to_recordset($1::json) AS c(n int, ${keyColumnsSql(metadata)}) ` +
    `JOIN ${tableSql(dataSource, metadata)} t ON ${keyJoinSql(dataSource, metadata, facts)}` +
    `${lock && facts?.canLock !== false ? ' FOR UPDATE OF t' : ''}`;
  const wanted = JSON.stringify(keys.map((one, n) => ({ n, ...keyParameters(one) })));
  const found: readonly Readonly<Record<'n' | 'values' | 'key', string>>[] = await runner.query(
    sql,
    [wanted],
  );
  return new Map(
    found.map((row) => {
      const asked = keys[Number(row.n)] ?? [];
      return [keyText(asked), { values: JSON.parse(row.values), key: JSON.parse(row.key) }];
    }),
  );
}
