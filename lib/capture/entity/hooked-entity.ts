import { isDate } from 'node:util/types';
import type {
  DataSource,
  EntityMetadata,
  ObjectLiteral,
  RecoverEvent,
  SoftRemoveEvent,
} from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata';
import type { HookCatalog } from '../../hook/catalog';
import { columnFields, type Field, typeName } from '../../hook/field';
import { type Hook, providedFields } from '../../hook/hook';
import { isTransition } from '../../hook/when';

/** How the changes of one concrete entity class become events of one hook. */
export interface CapturePlan {
  readonly hook: Hook;
  readonly metadata: EntityMetadata;
  /** The provided fields that this class has. */
  readonly provided: readonly Field[];
  /** The columns to read: all of them where a function must see the row, else the provided ones and those of `when`. */
  readonly columns: readonly Field[];
  /** The row is read before the event is written: a function or a condition of the hook must see it. */
  readonly needsRow: boolean;
  /** The old row is read `FOR UPDATE`: asked for, or TypeORM does not load a column whose old value is wanted. */
  readonly readsPrevious: boolean;
}

export type CapturePlans = ReadonlyMap<EntityMetadata, readonly CapturePlan[]>;

/** A row was marked as removed, or the mark was taken off. */
export type MarkEvent = SoftRemoveEvent<ObjectLiteral> | RecoverEvent<ObjectLiteral>;

/** The plans of all hooked classes of a DataSource. Classes without a hook have none. */
export function capturePlans(dataSource: DataSource, catalog: HookCatalog): CapturePlans {
  const plans = new Map<EntityMetadata, readonly CapturePlan[]>();
  for (const metadata of dataSource.entityMetadatas) {
    const hooks = catalog.hooksOf(metadata);
    if (hooks.length > 0)
      plans.set(
        metadata,
        hooks.map((hook) => planOf(dataSource, metadata, hook)),
      );
  }
  return plans;
}

function planOf(dataSource: DataSource, metadata: EntityMetadata, hook: Hook): CapturePlan {
  const { declared, name, when } = hook;
  const provided = [...providedFields(dataSource, metadata, declared, name).values()];
  const all = [...columnFields(dataSource, metadata).values()];
  const needed = new Set([...provided, ...when.map(({ field }) => field)].map(({ path }) => path));
  const columns = seesWholeRow(hook) ? all : all.filter(({ path }) => needed.has(path));
  return {
    hook,
    metadata,
    provided,
    columns,
    needsRow: seesWholeRow(hook) || when.length > 0 || declared.resolve !== undefined,
    readsPrevious:
      declared.exactPrevious === true ||
      provided.some(({ column }) => column?.isSelect === false) ||
      comparedFields(hook, all).some(mayBeUnloaded),
  };
}

/** Whether a function of the hook gets the row, or a path may name any column of it. */
function seesWholeRow({ declared }: Hook): boolean {
  const { compute, ref, sender, headers } = declared;
  return (
    [compute, ref, sender].some((option) => option !== undefined) || typeof headers === 'function'
  );
}

/** The fields whose old values the conditions of a hook compare with; a computed one is made of any column. */
function comparedFields({ when }: Hook, all: readonly Field[]): readonly Field[] {
  return when
    .filter(({ matcher }) => isTransition(matcher))
    .flatMap(({ field }) => (field.column ? [field] : all));
}

/** TypeORM loads no `select: false` columns, and is silent about a relation that is set from its other side. */
function mayBeUnloaded({ column }: Field): boolean {
  return column?.isSelect === false || column?.relationMetadata !== undefined;
}

/** What several plans of one class read, each column once. */
export function allColumns(plans: Iterable<Pick<CapturePlan, 'columns'>>): readonly Field[] {
  const columns = [...plans].flatMap((plan) => plan.columns);
  return [...new Map(columns.map((field) => [field.path, field])).values()];
}

/** A row's primary key as text, one value a key column; null where a value is missing. */
export type RowKey = readonly string[];

export function rowKey(
  dataSource: DataSource,
  metadata: EntityMetadata,
  entity: ObjectLiteral | undefined,
): RowKey | null {
  if (!entity) return null;
  const values = metadata.primaryColumns.map((column) => keyValue(dataSource, column, entity));
  return values.every((value) => value !== null) ? values : null;
}

/** The key in what TypeORM's events call `entityId`: the plain value where the key has one column. */
export function rowKeyOfId(
  dataSource: DataSource,
  metadata: EntityMetadata,
  entityId: unknown,
): RowKey | null {
  if (entityId === undefined || entityId === null) return null;
  // `ensureEntityIdMap` takes a date, or bytes, for a map of key columns.
  const isValue = isDate(entityId) || ArrayBuffer.isView(entityId);
  const [only] = metadata.primaryColumns;
  const key = isValue && only ? only.createValueMap(entityId) : entityId;
  return rowKey(dataSource, metadata, metadata.ensureEntityIdMap(key));
}

function keyValue(
  dataSource: DataSource,
  column: ColumnMetadata,
  entity: ObjectLiteral,
): string | null {
  const value: unknown = dataSource.driver.preparePersistentValue(
    column.getEntityValue(entity),
    column,
  );
  if (value === null || value === undefined) return null;
  if (isDate(value)) return instantText(value, typeName(dataSource, column));
  if (ArrayBuffer.isView(value)) return `\\x${bytesOf(value).toString('hex')}`;
  return String(value);
}

/** As pg writes it: a column without a time zone holds the local time. */
function instantText(value: Date, type: string): string {
  const offsetMs = type === 'timestamp without time zone' ? value.getTimezoneOffset() * 60_000 : 0;
  return new Date(value.getTime() - offsetMs).toISOString();
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
