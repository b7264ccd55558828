import type { DataSource, EntityMetadata } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata';
import { typeName } from '../../hook/field';
import type { RowKey } from './row-key';
import type { TableFacts } from './table-facts';

/** `k0 text, k1 text`: the key columns of a recordset parameter. */
export function keyColumnsSql(metadata: EntityMetadata): string {
  return metadata.primaryColumns.map((_, n) => `k${n} text`).join(', ');
}

export function keyParameters(key: RowKey): Record<string, string> {
  return Object.fromEntries(key.map((value, n) => [`k${n}`, value]));
}

/** Joins the recordset `c` with the table `t`. The index of the primary key can be used. */
export function keyJoinSql(
  dataSource: DataSource,
  metadata: EntityMetadata,
  facts?: TableFacts,
): string {
  return keyIsSql(dataSource, metadata, (n) => `c.k${n}`, facts);
}

/** Whether the row `t` has a key. `value` gives the SQL of its n-th value, of type text. */
export function keyIsSql(
  dataSource: DataSource,
  metadata: EntityMetadata,
  value: (n: number) => string,
  facts?: TableFacts,
): string {
  const conditions = metadata.primaryColumns.map((column, n) => {
    const name = `t.${dataSource.driver.escape(column.databaseName)}`;
    // The type in the database may be another one than that which the application declares.
    const cast = facts?.columns.get(column.databaseName) ?? castOf(dataSource, column);
    return cast ? `${name} = ${value(n)}::${cast}` : `${name}::text = ${value(n)}`;
  });
  return conditions.join(' AND ');
}

function castOf(dataSource: DataSource, column: ColumnMetadata): string | null {
  const type = typeName(dataSource, column);
  const cast = CASTS[type] ?? (KEY_TYPES.has(type) ? type : null);
  return cast && column.isArray ? `${cast}[]` : cast;
}

/** A cast to `character` or `bit` would cut the text to one character. */
const CASTS: Readonly<Record<string, string>> = {
  'character varying': 'text',
  character: 'bpchar',
  bit: 'bit varying',
};

/** Types that the text of a key is cast to if the table is not known, because one value has several texts. Others (enums, domains) are compared as text. */
const KEY_TYPES: ReadonlySet<string> = new Set([
  'smallint',
  'integer',
  'bigint',
  'numeric',
  'money',
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
  'bit varying',
  'jsonb',
  'inet',
  'cidr',
  'macaddr',
  'macaddr8',
  'int4range',
  'int8range',
  'numrange',
  'tsrange',
  'tstzrange',
  'daterange',
  'int4multirange',
  'int8multirange',
  'nummultirange',
  'tsmultirange',
  'tstzmultirange',
  'datemultirange',
  'ltree',
]);
