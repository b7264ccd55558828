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
import { NoTransactionError } from '../../errors/capture-errors';
import {
  allColumns,
  type CapturePlan,
  type CapturePlans,
  type MarkEvent,
  type RowKey,
  rowKey,
  rowKeyOfId,
} from '../entity/hooked-entity';
import { isSilenced } from '../silence';
import { isInsertByBuilder } from './criteria';
import type { OldRows } from './old-rows';

/**
 * Hears what TypeORM is about to write, of hooked entities only: having any before-hook makes TypeORM compute the changes of an
 * entity twice, so it is not to be asked for the others.
 */
export class BeforeSubscriber implements EntitySubscriberInterface {
  readonly #hooked: { isPrototypeOf(target: object): boolean };

  constructor(
    private readonly dataSource: DataSource,
    private readonly plans: CapturePlans,
    private readonly oldRows: OldRows,
  ) {
    const targets = new Set<unknown>([...plans.keys()].map(({ target }) => target));
    // TypeORM compares `listenTo()` with the entity, then asks it whether it is a parent of it.
    this.#hooked = { isPrototypeOf: (target) => targets.has(target) };
  }

  listenTo(): string {
    return this.#hooked as unknown as string;
  }

  beforeInsert({ metadata, queryRunner, entity }: InsertEvent<ObjectLiteral>): void {
    if (!isSilenced() && !isInsertByBuilder(entity))
      refuseWithoutTransaction(queryRunner, metadata);
  }

  beforeUpdate(event: UpdateEvent<ObjectLiteral>): Promise<void> | undefined {
    const { metadata, queryRunner, databaseEntity } = event;
    const key = rowKey(this.dataSource, metadata, databaseEntity);
    return this.#read(queryRunner, metadata, key, ({ readsPrevious }) => readsPrevious);
  }

  beforeRemove({
    metadata,
    queryRunner,
    entityId,
  }: RemoveEvent<ObjectLiteral>): Promise<void> | undefined {
    return this.#read(
      queryRunner,
      metadata,
      rowKeyOfId(this.dataSource, metadata, entityId),
      () => true,
    );
  }

  beforeSoftRemove(event: MarkEvent): Promise<void> | undefined {
    return this.#beforeMark(event);
  }

  beforeRecover(event: MarkEvent): Promise<void> | undefined {
    return this.#beforeMark(event);
  }

  #beforeMark({ metadata, queryRunner, entityId }: MarkEvent): Promise<void> | undefined {
    const key = rowKeyOfId(this.dataSource, metadata, entityId);
    return this.#read(queryRunner, metadata, key, ({ readsPrevious }) => readsPrevious);
  }

  #read(
    runner: QueryRunner,
    metadata: EntityMetadata,
    key: RowKey | null,
    reads: (plan: CapturePlan) => boolean,
  ): Promise<void> | undefined {
    if (!key || isSilenced()) return undefined;
    refuseWithoutTransaction(runner, metadata);
    const plans = this.plans.get(metadata)?.filter(reads) ?? [];
    if (plans.length === 0) return undefined;
    return this.oldRows.read(runner, { metadata, key, columns: allColumns(plans) });
  }
}

function refuseWithoutTransaction(runner: QueryRunner, metadata: EntityMetadata): void {
  if (!runner.isTransactionActive) throw new NoTransactionError(metadata.name);
}
