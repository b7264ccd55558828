import type { DataSource, EntityMetadata } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata';
import type { RelationMetadata } from 'typeorm/metadata/RelationMetadata';
import type { FieldKind } from '../match/field-kind';

/** One field that a hook provides: a column of the entity or of a related one, or a computed value. */
export interface Field {
  readonly path: string;
  /** How its values compare. For a field of a to-many relation, how each value of the list does. */
  readonly kind: FieldKind;
  /** The column of the entity. Null for all other fields: those of related entities, computed ones, and those of a defined hook. */
  readonly column: ColumnMetadata | null;
  /** Path of the owned relation whose id this is. Without a related row, a body has `author: null`. */
  readonly relation: string | null;
  /** Where the value is, if it is in a related entity. */
  readonly related: RelatedColumn | null;
  /** Whether it is a member of the context of events, and not provided. Left out: no. */
  readonly isOfContext?: boolean;
}

/** Where a value of a related entity is: `author.company.name` has two steps. */
export interface RelatedColumn {
  /** The relations to follow, beginning at the entity of the hook. At most one of them is to-many. */
  readonly steps: readonly RelationMetadata[];
  /** The column as a field of the last entity. */
  readonly field: Field;
}

/** Whether the value of the field is a list: one value for each row of a to-many relation. */
export function isMany({ related }: Field): boolean {
  return related?.steps.some(isToMany) ?? false;
}

export function isToMany({ isOneToMany, isManyToMany }: RelationMetadata): boolean {
  return isOneToMany || isManyToMany;
}

/** Whether a function of the hook, or the caller of `send`, gives the value. */
export function isComputed({ column, related }: Field): boolean {
  return column === null && related === null;
}

/** The column of a field, also that of a related entity. */
export function storedColumn({ column, related }: Field): ColumnMetadata | null {
  return related ? related.field.column : column;
}

/** The texts that the field can have: the members of its enum. Null if it can have any. */
export function membersOf(field: Field): readonly string[] | null {
  const members = storedColumn(field)?.enum;
  return field.kind === 'text' && members ? members.map(String) : null;
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
  return { path, kind: 'unknown', column: null, relation: null, related: null };
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
    related: null,
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
