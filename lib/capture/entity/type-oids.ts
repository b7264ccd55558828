import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata';

/** OIDs of columns as the catalogue of a database has them. */
const oidOf = new WeakMap<ColumnMetadata, number>();

/** Types of extensions, enums and domains have another OID in each database, for which the application may have a parser. */
export function noteOid(column: ColumnMetadata, oid: number): void {
  oidOf.set(column, oid);
}

/**
 * OID by which pg looks up the parser for the values of a column. Null if the column is of a type that has another OID in each database,
 * and this process has not read the catalogue: pg gives such values as texts.
 */
export function columnOid(column: ColumnMetadata, type: string): number | null {
  return oidOf.get(column) ?? typeOid(type, column.isArray);
}

function typeOid(type: string, isArray: boolean): number | null {
  const [oid, arrayOid] = OIDS[type] ?? [];
  return (isArray ? arrayOid : oid) ?? null;
}

/** From pg_type.dat: the OID of the type, and that of its arrays. */
const OIDS: Readonly<Record<string, readonly [number, number]>> = {
  boolean: [16, 1000],
  bytea: [17, 1001],
  bigint: [20, 1016],
  smallint: [21, 1005],
  integer: [23, 1007],
  text: [25, 1009],
  'simple-array': [25, 1009],
  'simple-json': [25, 1009],
  oid: [26, 1028],
  json: [114, 199],
  xml: [142, 143],
  point: [600, 1017],
  lseg: [601, 1018],
  path: [602, 1019],
  box: [603, 1020],
  polygon: [604, 1027],
  line: [628, 629],
  cidr: [650, 651],
  real: [700, 1021],
  'double precision': [701, 1022],
  circle: [718, 719],
  macaddr8: [774, 775],
  money: [790, 791],
  macaddr: [829, 1040],
  inet: [869, 1041],
  character: [1042, 1014],
  'character varying': [1043, 1015],
  date: [1082, 1182],
  'time without time zone': [1083, 1183],
  'timestamp without time zone': [1114, 1115],
  'timestamp with time zone': [1184, 1185],
  interval: [1186, 1187],
  'time with time zone': [1266, 1270],
  bit: [1560, 1561],
  'bit varying': [1562, 1563],
  numeric: [1700, 1231],
  uuid: [2950, 2951],
  tsvector: [3614, 3643],
  tsquery: [3615, 3645],
  jsonb: [3802, 3807],
  int4range: [3904, 3905],
  numrange: [3906, 3907],
  tsrange: [3908, 3909],
  tstzrange: [3910, 3911],
  daterange: [3912, 3913],
  int8range: [3926, 3927],
  jsonpath: [4072, 4073],
  int4multirange: [4451, 6150],
  nummultirange: [4532, 6151],
  tsmultirange: [4533, 6152],
  tstzmultirange: [4534, 6153],
  datemultirange: [4535, 6155],
  int8multirange: [4536, 6157],
};
