import type { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata';
import type { JsonRecord, JsonValue } from '../../base/json';
import { type Field, typeName } from '../../hook/field';

/**
 * Stored events hold the values as the database writes them, so that one statement can copy them from the row itself: TypeORM's
 * entity lies about columns that a partial save left out. `decode` gives what `find()` would: the driver's parsing, then TypeORM's
 * hydration, then the column's transformer.
 */
interface RawType {
  readonly sql: (column: string) => string;
  readonly parse: (raw: JsonValue, dataSource: DataSource) => unknown;
}

/** An SQL expression that gives these fields of the row `alias` as one JSON object by path. */
export function rawObjectSql(
  dataSource: DataSource,
  fields: readonly Field[],
  alias: string,
): string {
  const pairs = fields.flatMap(({ path, column }) =>
    column ? [`${literal(path)}, ${rawSql(dataSource, column, alias)}`] : [],
  );
  if (pairs.length <= MAX_PAIRS) return `json_build_object(${pairs.join(', ')})`;
  const objects = inGroups(pairs, MAX_PAIRS).map(
    (group) => `jsonb_build_object(${group.join(', ')})`,
  );
  return `(${objects.join(' || ')})::json`;
}

/** The values of these fields as the application knows them, by path; a field that the row lacks is left out. */
export function decodeRow(
  dataSource: DataSource,
  fields: Iterable<Field>,
  raw: JsonRecord,
): Map<string, unknown> {
  const values = new Map<string, unknown>();
  for (const { path, column } of fields) {
    const value = raw[path];
    if (value !== undefined) values.set(path, column ? decode(dataSource, column, value) : value);
  }
  return values;
}

function rawSql(dataSource: DataSource, column: ColumnMetadata, alias: string): string {
  return rawType(dataSource, column).sql(
    `${alias}.${dataSource.driver.escape(column.databaseName)}`,
  );
}

function decode(dataSource: DataSource, column: ColumnMetadata, raw: JsonValue): unknown {
  const value = raw === null ? null : rawType(dataSource, column).parse(raw, dataSource);
  return dataSource.driver.prepareHydratedValue(value, column);
}

function rawType(dataSource: DataSource, column: ColumnMetadata): RawType {
  const type = typeName(dataSource, column);
  if (column.isArray) return ARRAYS[type] ?? NATIVE;
  return SCALARS[type] ?? AS_TEXT;
}

// PostgreSQL passes at most 100 arguments to a function.
const MAX_PAIRS = 50;

function inGroups<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, n) => items.slice(n * size, (n + 1) * size));
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

const NATIVE: RawType = { sql: (column) => column, parse: (raw) => raw };
const AS_TEXT: RawType = { sql: (column) => `${column}::text`, parse: (raw) => raw };
const FLOAT: RawType = { sql: (column) => column, parse: Number };
const INSTANT: RawType = { sql: (column) => column, parse: instant };
const BYTES: RawType = {
  sql: (column) => `encode(${column}, 'base64')`,
  parse: (raw) => Buffer.from(String(raw), 'base64'),
};
const GEO_JSON: RawType = { sql: (column) => `ST_AsGeoJSON(${column})::json`, parse: (raw) => raw };
/** Types that pg turns into objects, by the OID of their parser. */
const parsedByPg = (oid: number): RawType => ({
  sql: (column) => `${column}::text`,
  parse: (raw, dataSource) =>
    (dataSource.driver as PostgresDriver).postgres.types.getTypeParser(oid)(String(raw)),
});
const INT8 = parsedByPg(20);
const TIMESTAMPTZ = parsedByPg(1184);

const SCALARS: Readonly<Record<string, RawType>> = {
  'character varying': NATIVE,
  character: NATIVE,
  text: NATIVE,
  uuid: NATIVE,
  enum: NATIVE,
  smallint: NATIVE,
  integer: NATIVE,
  boolean: NATIVE,
  json: NATIVE,
  jsonb: NATIVE,
  date: NATIVE,
  'time without time zone': NATIVE,
  'time with time zone': NATIVE,
  'simple-array': NATIVE,
  'simple-json': NATIVE,
  real: FLOAT,
  'double precision': FLOAT,
  'timestamp with time zone': INSTANT,
  'timestamp without time zone': INSTANT,
  bytea: BYTES,
  // The option `parseInt8` changes what pg makes of it.
  bigint: INT8,
  interval: parsedByPg(1186),
  point: parsedByPg(600),
  circle: parsedByPg(718),
  geometry: GEO_JSON,
  geography: GEO_JSON,
};

const LIST_OF_INSTANTS: RawType = {
  sql: (column) => column,
  parse: (raw, dataSource) =>
    (raw as readonly JsonValue[]).map((item) => (item === null ? null : instant(item, dataSource))),
};
const LIST_OF_TEXT: RawType = { sql: (column) => `${column}::text[]`, parse: (raw) => raw };

const ARRAYS: Readonly<Record<string, RawType>> = {
  bigint: LIST_OF_TEXT,
  // TypeORM parses the text of an enum array itself, because pg does not.
  enum: AS_TEXT,
  cube: AS_TEXT,
  bytea: parsedByPg(1001),
  real: parsedByPg(1021),
  'double precision': parsedByPg(1022),
  interval: parsedByPg(1187),
  point: parsedByPg(1017),
  'timestamp with time zone': LIST_OF_INSTANTS,
  'timestamp without time zone': LIST_OF_INSTANTS,
};

/** JavaScript reads no year before Christ or after 9999, and no infinity; pg reads them without the `T`. */
function instant(raw: JsonValue, dataSource: DataSource): unknown {
  const date = new Date(String(raw));
  if (!Number.isNaN(date.getTime())) return date;
  return TIMESTAMPTZ.parse(String(raw).replace('T', ' '), dataSource);
}
