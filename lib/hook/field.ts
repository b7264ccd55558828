import type { DataSource, EntityMetadata } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata';
import type { FieldKind } from '../match/field-kind';

/** One field that a hook provides: a column of the entity, or a computed value. */
export interface Field {
  readonly path: string;
  readonly kind: FieldKind;
  /** Null for a computed field and for those of a defined hook. */
  readonly column: ColumnMetadata | null;
  /** Path of the owned relation whose id this is. Without a related row, a body has `author: null`. */
  readonly relation: string | null;
}

/** The texts that the field can have: the members of its enum. Null if it can have any. */
export function membersOf({ column, kind }: Field): readonly string[] | null {
  return kind === 'text' && column?.enum ? column.enum.map(String) : null;
}

/** Every column of an entity by its path in `provides`. */
export function columnFields(dataSource: DataSource, metadata: EntityMetadata): Map<string, Field> {
  const fields = metadata.columns
    .filter((column) => !column.isVirtualProperty)
    .flatMap((column) => pathsOf(column).map((path) => columnField(dataSource, column, path)));
  return new Map(fields.map((field) => [field.path, field]));
}

/** A field without a column: a computed one, or one of a defined hook. */
export function untyped(path: string): Field {
  return { path, kind: 'unknown', column: null, relation: null };
}

/** Whether `'*'` includes the field: `find()` selects it, and it is no relation id. A key is included in any case, once. */
export function isOrdinary({ column, relation }: Field): boolean {
  if (!column) return false;
  if (column.isPrimary) return column.isVirtual || relation === null;
  return column.isSelect && !column.isVirtual && !column.relationMetadata;
}

function pathsOf(column: ColumnMetadata): string[] {
  const { relationMetadata: relation, referencedColumn: referenced } = column;
  if (!relation || !referenced) return [column.propertyPath];
  const id = `${relation.propertyPath}.${referenced.propertyPath}`;
  return column.isVirtual ? [id] : [column.propertyPath, id];
}

function columnField(dataSource: DataSource, column: ColumnMetadata, path: string): Field {
  const relation = column.relationMetadata;
  const isRelationId = relation !== undefined && path.startsWith(`${relation.propertyPath}.`);
  return {
    path,
    column,
    kind: kindOf(dataSource, column),
    relation: isRelationId ? relation.propertyPath : null,
  };
}

function kindOf(dataSource: DataSource, column: ColumnMetadata): FieldKind {
  const kind = column.isArray ? 'list' : scalarKind(typeName(dataSource, column), column);
  // A transformer can return any type. Only numbers that stay numbers can still be compared as such.
  return column.transformer && kind !== 'exact' ? 'unknown' : kind;
}

function scalarKind(type: string, column: ColumnMetadata): FieldKind {
  if (type === 'enum' && column.enum?.some((member) => typeof member === 'number'))
    return 'unknown';
  return KIND_BY_TYPE[type] ?? 'unknown';
}

/** The type of a column without length and precision. TypeORM's own types keep their name: `simple-json`. */
export function typeName(dataSource: DataSource, column: ColumnMetadata): string {
  const known = typeNames.get(column);
  if (known !== undefined) return known;
  const name = newTypeName(dataSource, column);
  typeNames.set(column, name);
  return name;
}

/** It is needed for each value of an event. */
const typeNames = new WeakMap<ColumnMetadata, string>();

function newTypeName(dataSource: DataSource, column: ColumnMetadata): string {
  const declared = String(column.type);
  return declared === 'simple-array' || declared === 'simple-json'
    ? declared
    : dataSource.driver.normalizeType(column);
}

const KIND_BY_TYPE: Readonly<Record<string, FieldKind>> = {
  'character varying': 'text',
  character: 'text',
  text: 'text',
  citext: 'text',
  uuid: 'text',
  enum: 'text',
  inet: 'text',
  cidr: 'text',
  macaddr: 'text',
  xml: 'text',
  ltree: 'text',
  smallint: 'number',
  integer: 'number',
  real: 'number',
  'double precision': 'number',
  bigint: 'exact',
  numeric: 'exact',
  boolean: 'boolean',
  'timestamp without time zone': 'instant',
  'timestamp with time zone': 'instant',
  date: 'date',
  'time without time zone': 'time',
  'time with time zone': 'time',
  json: 'json',
  jsonb: 'json',
  'simple-json': 'json',
  'simple-array': 'list',
  bytea: 'bytes',
};
