import type { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata';
import type { JsonValue } from '../../base/json';
import { typeName } from '../../hook/field';

/** How the values of one column type are stored in an event. */
export interface RawType {
  /** The SQL of the stored value, from the SQL of the column. */
  readonly sql: (column: string) => string;
  /** The stored value as the driver gives it to TypeORM. */
  readonly parse: (raw: JsonValue, dataSource: DataSource) => unknown;
}

export function rawType(dataSource: DataSource, column: ColumnMetadata): RawType {
  const type = typeName(dataSource, column);
  if (column.isArray) return ARRAYS[type] ?? NATIVE;
  return SCALARS[type] ?? AS_TEXT;
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
/** Types that pg parses into objects, by the OID of the type. */
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
  // The option `parseInt8` of pg changes the type of the value.
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

/** JavaScript parses neither years before Christ or after 9999, nor infinity. The parser of pg does, without the `T`. */
function instant(raw: JsonValue, dataSource: DataSource): unknown {
  const date = new Date(String(raw));
  if (!Number.isNaN(date.getTime())) return date;
  return TIMESTAMPTZ.parse(String(raw).replace('T', ' '), dataSource);
}
