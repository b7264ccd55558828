import { isDate } from 'node:util/types';
import type {
  DataSource,
  EntityMetadata,
  ObjectLiteral,
  RecoverEvent,
  SoftRemoveEvent,
} from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata';
import type { HookCatalog } from '../hook/catalog';
import { columnFields, type Field, typeName } from '../hook/field';
import { type Hook, providedFields } from '../hook/hook';

/** How the changes of one concrete entity class become events of one hook. */
export interface CapturePlan {
  readonly hook: Hook;
  readonly metadata: EntityMetadata;
  /** The provided fields that this class has. */
  readonly provided: readonly Field[];
  /** The columns to read: all of them where the hook has functions, else the provided ones. */
  readonly columns: readonly Field[];
  /** A function of the hook must see the row, so the row is read before the event is written. */
  readonly needsRow: boolean;
  /** The old row is read `FOR UPDATE`: asked for, or TypeORM does not load a provided column. */
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
  const { declared, name } = hook;
  const provided = [...providedFields(dataSource, metadata, declared, name).values()];
  const needsRow = hasFunctions(hook);
  return {
    hook,
    metadata,
    provided,
    columns: needsRow
      ? [...columnFields(dataSource, metadata).values()]
      : provided.filter(({ column }) => column !== null),
    needsRow,
    readsPrevious:
      declared.exactPrevious === true || provided.some(({ column }) => column?.isSelect === false),
  };
}

function hasFunctions({ declared }: Hook): boolean {
  const { compute, ref, sender, headers } = declared;
  return (
    [compute, ref, sender].some((option) => option !== undefined) || typeof headers === 'function'
  );
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
