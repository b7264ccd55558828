import type { DataSource, EntityMetadata, QueryRunner } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata';
import type { JsonRecord } from '../../base/json';
import { type Field, typeName } from '../../hook/field';
import type { RowKey } from './hooked-entity';
import { rawObjectSql } from './raw';

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
    `SELECT c.n, ${rawObjectSql(dataSource, columns, 't')} AS row ` +
    `FROM json_to_recordset($1::json) AS c(n int, ${keyColumnsSql(metadata)}) ` +
    `JOIN ${tableSql(dataSource, metadata)} t ON ${keyJoinSql(dataSource, metadata)}` +
    `${lock ? ' FOR UPDATE OF t' : ''}`;
  const wanted = JSON.stringify(keys.map((key, n) => ({ n, ...keyParameters(key) })));
  const found: readonly { n: number; row: JsonRecord }[] = await runner.query(sql, [wanted]);
  return new Map(found.map(({ n, row }) => [keyText(keys[n] ?? []), row]));
}

/** One text for one key, to find its row by. */
export function keyText(key: RowKey): string {
  return JSON.stringify(key);
}

/** `k0 text, k1 text`: the key columns of a recordset parameter. */
export function keyColumnsSql(metadata: EntityMetadata): string {
  return metadata.primaryColumns.map((_, n) => `k${n} text`).join(', ');
}

export function keyParameters(key: RowKey): Record<string, string> {
  return Object.fromEntries(key.map((value, n) => [`k${n}`, value]));
}

/** Joins the recordset `c` with the table `t` such that the primary key's index serves. */
export function keyJoinSql(dataSource: DataSource, metadata: EntityMetadata): string {
  return keyIsSql(dataSource, metadata, (n) => `c.k${n}`);
}

/** Whether the row `t` has the key whose value number n is this expression of type text. */
export function keyIsSql(
  dataSource: DataSource,
  metadata: EntityMetadata,
  value: (n: number) => string,
): string {
  const conditions = metadata.primaryColumns.map((column, n) => {
    const name = `t.${dataSource.driver.escape(column.databaseName)}`;
    const cast = castOf(dataSource, column);
    return cast ? `${name} = ${value(n)}::${cast}` : `${name}::text = ${value(n)}`;
  });
  return conditions.join(' AND ');
}

export function tableSql(dataSource: DataSource, metadata: EntityMetadata): string {
  return metadata.tablePath
    .split('.')
    .map((part) => dataSource.driver.escape(part))
    .join('.');
}

function castOf(dataSource: DataSource, column: ColumnMetadata): string | null {
  const type = typeName(dataSource, column);
  if (type === 'character varying') return 'text';
  // `character` alone is one character long.
  if (type === 'character') return 'bpchar';
  return KEY_TYPES.has(type) ? type : null;
}

/** Types that a key's text is cast to: one value has several texts. Others (enums, domains) are compared as text. */
const KEY_TYPES: ReadonlySet<string> = new Set([
  'smallint',
  'integer',
  'bigint',
  'numeric',
  'real',
  'double precision',
  'boolean',
  'uuid',
  'text',
  'citext',
  'date',
  'time with time zone',
  'time without time zone',
  'timestamp with time zone',
  'timestamp without time zone',
  'interval',
  'bytea',
  'inet',
  'cidr',
  'macaddr',
]);
