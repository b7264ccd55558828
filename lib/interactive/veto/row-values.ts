import type { DataSource, ObjectLiteral } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata';
import {
  isObjectLiteral,
  type JsonRecord,
  type JsonValue,
  MAX_LEVELS,
  toJson,
} from '../../base/json';
import { plainRow } from '../../capture/plain-row';
import { type Field, isToMany, storedColumn, typeName } from '../../hook/field';
import type { HookRow } from '../../hook/options';
import type { ChangeMap, PlannedWrite, Subject } from './persisting';

/** Where the values of a row are sought, the first place first. Functions, which stand for SQL, have no value yet. */
export type RowSources = readonly RowSource[];
type RowSource = (column: ColumnMetadata) => unknown;

/** The row as it will be; of a removed one, as it is. What the database will generate is not known. */
export function rowAfter({ operation, subject }: PlannedWrite): RowSources {
  const given = [of(subject.entity), ofChanges(subject.changeMaps), of(subject.identifier)];
  const stored = of(subject.databaseEntity);
  if (operation === 'remove') return [stored, ...given];
  return operation === 'recover' ? [undeleted, ...given, stored] : [...given, stored];
}

/** The row as TypeORM loaded it. */
export function rowBefore({ databaseEntity }: Subject): RowSources {
  return [of(databaseEntity)];
}

/** The known values of these fields, as they are sent. Computed fields are left out. */
export function sentValues(
  dataSource: DataSource,
  fields: Iterable<Field>,
  sources: RowSources,
  /** Where the values of related entities are sought. */
  entity?: ObjectLiteral,
): JsonRecord {
  const values = [...fields].flatMap((field): [string, JsonValue][] => {
    const { column, related } = field;
    const stored = storedColumn(field);
    if (!stored) return [];
    const value = related ? relatedValue(entity, field) : column && valueIn(sources, column);
    if (value === undefined) return [];
    const isList = related?.steps.some(isToMany) && Array.isArray(value);
    const sent = (one: unknown) => sentValue(dataSource, stored, one);
    return [[field.path, isList ? value.map(sent) : sent(value)]];
  });
  return Object.fromEntries(values);
}

/** The known values of these columns, as a frozen plain copy. */
export function copiedRow(columns: Iterable<Field>, sources: RowSources): HookRow {
  const values = new Map<string, unknown>();
  for (const { path, column } of columns) {
    const value = column ? valueIn(sources, column) : undefined;
    if (value !== undefined) values.set(path, copied(value, MAX_LEVELS));
  }
  return plainRow(values);
}

function of(entity: ObjectLiteral | undefined): RowSource {
  return (column) => (entity ? column.getEntityValue(entity) : undefined);
}

/** Foreign keys that TypeORM sets because the row is in the list of another one. */
function ofChanges(changes: readonly ChangeMap[]): RowSource {
  return (column) => {
    const change = changes.find(({ relation }) => relation?.joinColumns.includes(column));
    if (!change || !column.referencedColumn) return undefined;
    const { value } = change;
    if (typeof value !== 'object' || value === null) return value;
    // A row of the same call stands for its key.
    const holder = 'entity' in value && 'changeMaps' in value ? value.entity : value;
    return holder ? column.referencedColumn.getEntityValue(holder) : undefined;
  };
}

function undeleted(column: ColumnMetadata): unknown {
  return column.isDeleteDate ? null : undefined;
}

function valueIn(sources: RowSources, column: ColumnMetadata): unknown {
  for (const source of sources) {
    const value = source(column);
    if (value !== undefined) return typeof value === 'function' ? undefined : value;
  }
  return undefined;
}

/** A value of a related entity that the caller has loaded. */
function relatedValue(entity: ObjectLiteral | undefined, { related }: Field): unknown {
  const column = related?.field.column;
  if (!entity || !related || !column) return undefined;
  let places: readonly unknown[] = [entity];
  for (const step of related.steps) {
    places = places.flatMap((place) => isHolder(place) && step.getEntityValue(place));
    if (places.some((place) => place === undefined || place === false)) return undefined;
  }
  const values = places.map((place) =>
    place === null ? null : column.getEntityValue(place as ObjectLiteral),
  );
  return related.steps.some(isToMany) ? values : values[0];
}

function isHolder(value: unknown): value is ObjectLiteral {
  return typeof value === 'object' && value !== null;
}

/** A value in the form in which an event has it: one that the caller gave can have another form than `find()` gives it. */
function sentValue(dataSource: DataSource, column: ColumnMetadata, value: unknown): JsonValue {
  if (value === null || column.transformer || !CONVERTED.has(typeName(dataSource, column)))
    return toJson(value);
  const written: unknown = dataSource.driver.preparePersistentValue(value, column);
  return typeof written === 'number' ? String(written) : toJson(written);
}

/** Types whose values TypeORM or the driver accepts in several forms: dates as texts, exact numbers as numbers. */
const CONVERTED: ReadonlySet<string> = new Set([
  'bigint',
  'numeric',
  'date',
  'time without time zone',
  'time with time zone',
  'timestamp without time zone',
  'timestamp with time zone',
]);

/** A deep copy. Instances of classes, which transformers make, are copied as plain objects. */
export function deepCopy<T>(value: T, levels = MAX_LEVELS): T {
  return copied(value, levels) as T;
}

function copied(value: unknown, levels: number): unknown {
  if (typeof value !== 'object' || value === null || levels === 0) return value;
  if (value instanceof Date) return new Date(value);
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (Array.isArray(value)) return value.map((member) => copied(member, levels - 1));
  if (!isObjectLiteral(value) && Object.keys(value).length === 0) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, copied(member, levels - 1)]),
  );
}
