import { hash } from 'node:crypto';
import type { DataSource, EntityMetadata } from 'typeorm';
import { storable } from '../../base/json';
import { typeName } from '../../hook/field';

/** As many hexadecimal digits as a UUID has. */
const DIGITS = 32;

/**
 * Id of the row that an event is about. Events with one id are delivered in order. SQL and JavaScript compute the same id, so that each
 * source of events can write it. It is a hash, because a primary key that is not provided must not be stored.
 *
 * `key`: the texts of `rowKeyTextsSql`; for a defined hook, the `ref`. Two rows whose texts coincide, because one of them holds the
 * separator, share an order and nothing else.
 */
export function rowId(hook: string, key: readonly string[]): string {
  return hash('sha256', storable([hook, ...key].join('\x1f'))).slice(0, DIGITS);
}

/** The same id in SQL. `hook` and `key` are expressions of type text. */
export function rowIdSql(hook: string, key: readonly string[]): string {
  const text = [hook, ...key].join(` || E'\\x1f' || `);
  return `substr(encode(sha256(convert_to(${text}, 'UTF8')), 'hex'), 1, ${DIGITS})::uuid`;
}

/**
 * SQL of the primary key of the row `alias`, one text a column. The text does not depend on settings of the session (`DateStyle`,
 * `TimeZone`, `IntervalStyle`, `extra_float_digits`, `bytea_output`, `lc_monetary`). Exceptions are arrays, ranges and geometric types
 * of such values, which all writers must then write under the same settings.
 */
export function rowKeyTextsSql(
  dataSource: DataSource,
  metadata: EntityMetadata,
  alias: string,
): readonly string[] {
  return metadata.primaryColumns.map((column) => {
    const name = `${alias}.${dataSource.driver.escape(column.databaseName)}`;
    const type = column.isArray ? '' : typeName(dataSource, column);
    return TEXT_BY_TYPE[type]?.(name) ?? `${name}::text`;
  });
}

/** JSON writes dates and times in ISO 8601. The binary form of a number or an interval has no settings. */
const TEXT_BY_TYPE: Readonly<Record<string, (column: string) => string>> = {
  date: (column) => `(to_json(${column}) #>> '{}')`,
  'timestamp without time zone': (column) => `(to_json(${column}) #>> '{}')`,
  'timestamp with time zone': (column) => `(to_json(${column} AT TIME ZONE 'UTC') #>> '{}')`,
  interval: (column) => `encode(interval_send(${column}), 'hex')`,
  real: (column) => `encode(float4send(${column}), 'hex')`,
  'double precision': (column) => `encode(float8send(${column}), 'hex')`,
  bytea: (column) => `encode(${column}, 'hex')`,
  money: (column) => `${column}::numeric::text`,
};
