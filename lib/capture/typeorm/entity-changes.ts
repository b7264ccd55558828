import type { DataSource, EntityMetadata } from 'typeorm';
import type { Operation } from '../../hook/operation';
import { type Change, isUpdated, loadedValues, type UpdatedProperties } from '../change';
import type { HookedEntities, HookedEntity } from '../entity/hooked-entity';
import type { RawRow } from '../entity/read-rows';
import { type RowKey, rowKey } from '../entity/row-key';
import type { OldValues } from '../old-values';
import { isSilenced } from '../silence';
import type { InsertedRows } from './inserted-rows';
import { loadsMark, type OldRowNeeds } from './old-row-needs';
import type { OldRows } from './old-rows';
import type { WriteReport } from './write-report';

/** A change as a source knows it; `Capture` gives it an id. */
export type NewChange = Omit<Change, 'id'>;

/** What is known about written rows besides the reports. */
export interface KnownRows {
  readonly old: OldRows;
  readonly inserted: InsertedRows;
  readonly needs: OldRowNeeds;
}

/** Makes changes of what TypeORM reports. Each method returns null if the report does not identify the row. */
export class EntityChanges {
  /** Entities that were inserted, with the row if the INSERT returned it. */
  readonly #insertedRows = new WeakMap<object, RawRow | null>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly entities: HookedEntities,
    private readonly rows: KnownRows,
  ) {}

  /** The class with each of its hooks; undefined if it has none, or if changes are silenced. */
  hooked(metadata: EntityMetadata): readonly HookedEntity[] | undefined {
    const hooked = this.entities.get(metadata);
    return hooked && !isSilenced() ? hooked : undefined;
  }

  inserted(
    hooked: readonly HookedEntity[],
    { queryRunner, metadata, identifier, entity }: WriteReport,
  ): readonly NewChange[] | null {
    const inserted = this.rows.inserted.take(queryRunner, metadata, identifier);
    const key =
      inserted?.key ??
      rowKey(this.dataSource, metadata, identifier) ??
      rowKey(this.dataSource, metadata, entity);
    if (!key) return null;
    const known = inserted?.row ?? null;
    if (entity) this.#insertedRows.set(entity, known);
    return changes(hooked, { operation: 'insert', key, known });
  }

  /**
   * Whether an update is a later statement of the `save()` that inserted the row. Its insert tells the values, so it makes no event;
   * `outdated` is the row without them, if the INSERT returned it.
   */
  completedInsert({ entity, databaseEntity }: WriteReport): { outdated: RawRow | null } | null {
    if (databaseEntity || !entity) return null;
    const outdated = this.#insertedRows.get(entity);
    return outdated === undefined ? null : { outdated };
  }

  updated(hooked: readonly HookedEntity[], report: WriteReport): readonly NewChange[] | null {
    const key = rowKey(this.dataSource, report.metadata, report.databaseEntity);
    if (!key) return null;
    const concerned = hooked.filter((one) => this.rows.needs.isConcerned(one, report));
    return changes(concerned, { operation: 'update', key, known: null }, (one) =>
      this.rows.needs.ofUpdate(one)
        ? this.#oldValues(one, key, report, report)
        : loadedBefore(one, report, report),
    );
  }

  removed(
    hooked: readonly HookedEntity[],
    { metadata, identifier, queryRunner }: WriteReport,
  ): readonly NewChange[] | null {
    const key = rowKey(this.dataSource, metadata, identifier);
    if (!key) return null;
    const removed = this.rows.old.take(queryRunner, metadata, key);
    // The row was gone before: another transaction removed it and stored the event.
    if (!removed) return [];
    return changes(hooked, { operation: 'remove', key, known: removed });
  }

  marked(
    hooked: readonly HookedEntity[],
    report: WriteReport,
    operation: 'softRemove' | 'recover',
  ): readonly NewChange[] | null {
    const { metadata, queryRunner } = report;
    const key = rowKey(this.dataSource, metadata, report.identifier);
    if (!key) return null;
    const mark = metadata.deleteDateColumn;
    const loaded = loadsMark(report) ? report.databaseEntity : undefined;
    const row = loaded ? undefined : this.rows.old.take(queryRunner, metadata, key);
    // TypeORM also reports rows that do not exist, and rows that were marked already.
    if (!loaded && !row) return [];
    const old = loaded ? mark?.getEntityValue(loaded) : row?.values[mark?.propertyPath ?? ''];
    if (((old ?? null) !== null) === (operation === 'softRemove')) return [];
    const updated = { metadata, updatedColumns: mark ? [mark] : [], updatedRelations: [] };
    return changes(hooked, { operation, key, known: null }, (one) =>
      this.rows.needs.ofMark(one, report)
        ? this.#oldValues(one, key, report, updated)
        : loadedBefore(one, report, updated),
    );
  }

  /** From the row that was read before the write. It is missing if another transaction removed it. */
  #oldValues(
    one: HookedEntity,
    key: RowKey,
    report: WriteReport,
    updated: UpdatedProperties,
  ): OldValues {
    const row = this.rows.old.take(report.queryRunner, report.metadata, key);
    return row ? { kind: 'read', values: row.values } : loadedBefore(one, report, updated);
  }
}

function loadedBefore(
  { columns }: HookedEntity,
  { databaseEntity = {} }: WriteReport,
  updated: UpdatedProperties,
): OldValues {
  const fields = columns.filter((field) => isUpdated(field, updated));
  return { kind: 'loaded', values: loadedValues(fields, databaseEntity) };
}

/** One change for each hook that is interested in the operation. */
function changes(
  hooked: readonly HookedEntity[],
  change: { readonly operation: Operation } & Pick<Change, 'key' | 'known'>,
  before: (hooked: HookedEntity) => Change['before'] = () => null,
): readonly NewChange[] {
  return hooked
    .filter(({ hook }) => hook.operations.includes(change.operation))
    .map((one) => ({ ...change, hooked: one, before: before(one) }));
}
