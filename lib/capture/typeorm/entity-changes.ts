import type {
  DataSource,
  EntityMetadata,
  InsertEvent,
  ObjectLiteral,
  RecoverEvent,
  RemoveEvent,
  SoftRemoveEvent,
  UpdateEvent,
} from 'typeorm';
import type { Operation } from '../../hook/operation';
import { type Change, isUpdated, loadedValues, type UpdatedProperties } from '../change';
import type { HookedEntities, HookedEntity } from '../entity/hooked-entity';
import { type RowKey, rowKey, rowKeyOfId } from '../entity/row-key';
import type { OldValues } from '../old-values';
import { isSilenced } from '../silence';
import type { OldRows } from './old-rows';

/** A change as a source knows it; `Capture` gives it an id. */
export type NewChange = Omit<Change, 'id'>;

/** A row was marked as removed, or the mark was taken off. */
export type MarkEvent = SoftRemoveEvent<ObjectLiteral> | RecoverEvent<ObjectLiteral>;

/** Makes changes of what TypeORM reports. Each method returns null if the report does not identify the row. */
export class EntityChanges {
  constructor(
    private readonly dataSource: DataSource,
    private readonly entities: HookedEntities,
    private readonly oldRows: OldRows,
  ) {}

  /** The class with each of its hooks; undefined if it has none, or if changes are silenced. */
  hooked(metadata: EntityMetadata): readonly HookedEntity[] | undefined {
    const hooked = this.entities.get(metadata);
    return hooked && !isSilenced() ? hooked : undefined;
  }

  inserted(
    hooked: readonly HookedEntity[],
    { metadata, entityId, entity }: InsertEvent<ObjectLiteral>,
  ): readonly NewChange[] | null {
    const key =
      rowKeyOfId(this.dataSource, metadata, entityId) ?? rowKey(this.dataSource, metadata, entity);
    if (!key) return null;
    return changes(hooked, { operation: 'insert', key, removed: null });
  }

  updated(
    hooked: readonly HookedEntity[],
    event: UpdateEvent<ObjectLiteral>,
  ): readonly NewChange[] | null {
    const key = rowKey(this.dataSource, event.metadata, event.databaseEntity);
    if (!key) return null;
    const concerned = hooked.filter(({ columns }) =>
      columns.some((field) => isUpdated(field, event)),
    );
    return changes(concerned, { operation: 'update', key, removed: null }, (one) =>
      this.#oldValues(one, key, event, event),
    );
  }

  removed(
    hooked: readonly HookedEntity[],
    { metadata, entityId, queryRunner }: RemoveEvent<ObjectLiteral>,
  ): readonly NewChange[] | null {
    const key = rowKeyOfId(this.dataSource, metadata, entityId);
    if (!key) return null;
    const removed = this.oldRows.take(queryRunner, metadata, key);
    // The row was gone before: another transaction removed it and stored the event.
    if (!removed) return [];
    return changes(hooked, { operation: 'remove', key, removed });
  }

  marked(
    hooked: readonly HookedEntity[],
    event: MarkEvent,
    operation: 'softRemove' | 'recover',
  ): readonly NewChange[] | null {
    const { metadata, databaseEntity } = event;
    const key = rowKeyOfId(this.dataSource, metadata, event.entityId);
    if (!key) return null;
    const mark = metadata.deleteDateColumn;
    const wasRemoved = mark?.getEntityValue(databaseEntity ?? {}) != null;
    // TypeORM also reports rows that were marked already, and rows that do not exist.
    if (!databaseEntity || wasRemoved === (operation === 'softRemove')) return [];
    const updated = { metadata, updatedColumns: mark ? [mark] : [], updatedRelations: [] };
    return changes(hooked, { operation, key, removed: null }, (one) =>
      this.#oldValues(one, key, { ...event, databaseEntity }, updated),
    );
  }

  #oldValues(
    { columns, readsPrevious }: HookedEntity,
    key: RowKey,
    {
      queryRunner,
      metadata,
      databaseEntity,
    }: Pick<UpdateEvent<ObjectLiteral>, 'queryRunner' | 'metadata' | 'databaseEntity'>,
    updated: UpdatedProperties,
  ): OldValues {
    const row = readsPrevious && this.oldRows.take(queryRunner, metadata, key);
    if (row) return { kind: 'read', values: row.values };
    const fields = columns.filter((field) => isUpdated(field, updated));
    return { kind: 'loaded', values: loadedValues(fields, databaseEntity) };
  }
}

/** One change for each hook that is interested in the operation. */
function changes(
  hooked: readonly HookedEntity[],
  change: { readonly operation: Operation } & Pick<Change, 'key' | 'removed'>,
  before: (hooked: HookedEntity) => Change['before'] = () => null,
): readonly NewChange[] {
  return hooked
    .filter(({ hook }) => hook.operations.includes(change.operation))
    .map((one) => ({ ...change, hooked: one, before: before(one) }));
}
