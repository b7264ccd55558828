import type {
  DataSource,
  EntityMetadata,
  EntitySubscriberInterface,
  InsertEvent,
  ObjectLiteral,
  QueryRunner,
  RemoveEvent,
  UpdateEvent,
} from 'typeorm';
import type { BeforeWrite } from '../before-write';
import { allColumns, type HookedEntities, type HookedEntity } from '../entity/hooked-entity';
import { type RowKey, rowKey, rowKeyOfId } from '../entity/row-key';
import { isSilenced } from '../silence';
import { isInsertByBuilder } from './criteria';
import type { MarkEvent } from './entity-changes';
import { HookedTargets } from './hooked-targets';
import type { OldRows } from './old-rows';

/**
 * Receives what TypeORM is about to write, of hooked classes only. A subscriber with any before-hook makes TypeORM compute the changes
 * of an entity twice, so other classes must not be affected.
 */
export class BeforeSubscriber implements EntitySubscriberInterface {
  readonly #targets: HookedTargets;

  constructor(
    private readonly dataSource: DataSource,
    private readonly entities: HookedEntities,
    private readonly oldRows: OldRows,
    private readonly checks: readonly BeforeWrite[],
  ) {
    this.#targets = new HookedTargets(entities);
  }

  listenTo(): string {
    return this.#targets.asTarget();
  }

  beforeInsert({ metadata, queryRunner, entity }: InsertEvent<ObjectLiteral>): void {
    if (!isSilenced() && !isInsertByBuilder(entity)) this.#check(queryRunner, metadata);
  }

  beforeUpdate(event: UpdateEvent<ObjectLiteral>): Promise<void> | undefined {
    const { metadata, queryRunner, databaseEntity } = event;
    const key = rowKey(this.dataSource, metadata, databaseEntity);
    return this.#read(queryRunner, metadata, key, readsPrevious);
  }

  beforeRemove(event: RemoveEvent<ObjectLiteral>): Promise<void> | undefined {
    const { metadata, queryRunner, entityId } = event;
    const key = rowKeyOfId(this.dataSource, metadata, entityId);
    return this.#read(queryRunner, metadata, key, () => true);
  }

  beforeSoftRemove(event: MarkEvent): Promise<void> | undefined {
    return this.#beforeMark(event);
  }

  beforeRecover(event: MarkEvent): Promise<void> | undefined {
    return this.#beforeMark(event);
  }

  #beforeMark({ metadata, queryRunner, entityId }: MarkEvent): Promise<void> | undefined {
    const key = rowKeyOfId(this.dataSource, metadata, entityId);
    return this.#read(queryRunner, metadata, key, readsPrevious);
  }

  /** Reads the old row for those of its hooks that need it. */
  #read(
    runner: QueryRunner,
    metadata: EntityMetadata,
    key: RowKey | null,
    needsOldRow: (hooked: HookedEntity) => boolean,
  ): Promise<void> | undefined {
    if (!key || isSilenced()) return undefined;
    this.#check(runner, metadata);
    const hooked = this.entities.get(metadata)?.filter(needsOldRow) ?? [];
    if (hooked.length === 0) return undefined;
    return this.oldRows.read(runner, { metadata, key, columns: allColumns(hooked) });
  }

  #check(runner: QueryRunner, metadata: EntityMetadata): void {
    for (const before of this.checks) before.check({ runner, metadata });
  }
}

function readsPrevious(hooked: HookedEntity): boolean {
  return hooked.readsPrevious;
}
