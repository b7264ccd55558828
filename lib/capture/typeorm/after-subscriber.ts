import type {
  DataSource,
  EntityMetadata,
  EntitySubscriberInterface,
  InsertEvent,
  ObjectLiteral,
  QueryRunner,
  RemoveEvent,
  TransactionCommitEvent,
  TransactionRollbackEvent,
  UpdateEvent,
} from 'typeorm';
import { CaptureFailedError } from '../../errors/capture-errors';
import type { Operation } from '../../hook/operation';
import type { Capture } from '../capture';
import { isUpdated, loadedValues } from '../change';
import {
  type CapturePlan,
  type CapturePlans,
  type MarkEvent,
  type RowKey,
  rowKey,
  rowKeyOfId,
} from '../entity/hooked-entity';
import { decodeRow } from '../entity/raw';
import { isSilenced } from '../silence';
import { type CriteriaWarnings, isInsertByBuilder } from './criteria';
import type { OldRows } from './old-rows';

/**
 * Hears what TypeORM writes, of all entities, after it did. No hook is `async` and none gives a promise for an entity without plans:
 * those pay a look-up in a map and nothing else.
 */
export class AfterSubscriber implements EntitySubscriberInterface {
  constructor(
    private readonly dataSource: DataSource,
    private readonly plans: CapturePlans,
    private readonly capture: Capture,
    private readonly oldRows: OldRows,
    private readonly criteria: CriteriaWarnings,
    private readonly committed: (runner: QueryRunner) => void,
    private readonly rolledBack: (runner: QueryRunner) => void,
  ) {}

  afterInsert(event: InsertEvent<ObjectLiteral>): Promise<void> | undefined {
    const plans = this.#plansOf(event.metadata);
    if (!plans) return undefined;
    if (isInsertByBuilder(event.entity)) return this.#warn(event.metadata, 'insert');
    const { metadata, entityId, entity } = event;
    const key =
      rowKeyOfId(this.dataSource, metadata, entityId) ?? rowKey(this.dataSource, metadata, entity);
    if (!key) return this.#unidentified(event.queryRunner, plans);
    return this.#add(event.queryRunner, plans, (plan) => ({
      plan,
      operation: 'insert',
      key,
      before: null,
      removed: null,
    }));
  }

  afterUpdate(event: UpdateEvent<ObjectLiteral>): Promise<void> | undefined {
    const plans = this.#plansOf(event.metadata);
    if (!plans) return undefined;
    const key = rowKey(this.dataSource, event.metadata, event.databaseEntity);
    if (!key) return this.#warn(event.metadata, 'update');
    const concerned = plans.filter((plan) => plan.columns.some((field) => isUpdated(field, event)));
    return this.#add(event.queryRunner, concerned, (plan) => ({
      plan,
      operation: 'update',
      key,
      before: this.#oldValues(plan, event, key, event.updatedColumns, event.updatedRelations),
      removed: null,
    }));
  }

  afterRemove(event: RemoveEvent<ObjectLiteral>): Promise<void> | undefined {
    const plans = this.#plansOf(event.metadata);
    if (!plans) return undefined;
    const key = rowKeyOfId(this.dataSource, event.metadata, event.entityId);
    if (!key) return this.#warn(event.metadata, 'remove');
    const removed = this.oldRows.take(event.queryRunner, event.metadata, key);
    // The row was gone before: somebody else removed it, and told of it.
    if (!removed) return undefined;
    return this.#add(event.queryRunner, plans, (plan) => ({
      plan,
      operation: 'remove',
      key,
      before: null,
      removed,
    }));
  }

  afterSoftRemove(event: MarkEvent): Promise<void> | undefined {
    return this.#afterMark(event, 'softRemove');
  }

  afterRecover(event: MarkEvent): Promise<void> | undefined {
    return this.#afterMark(event, 'recover');
  }

  /** The commit waits for what is still being written, else it could overtake it. */
  beforeTransactionCommit({ queryRunner }: TransactionCommitEvent): Promise<void> | undefined {
    return this.capture.pending(queryRunner);
  }

  /** The rollback waits too: what came after it would be written on its own. It never fails, or the rollback would not be sent. */
  beforeTransactionRollback({ queryRunner }: TransactionRollbackEvent): Promise<void> | undefined {
    return this.capture.pending(queryRunner)?.catch(() => undefined);
  }

  afterTransactionCommit({ queryRunner }: TransactionCommitEvent): void {
    // TypeORM reports a released savepoint as a commit too.
    if (!queryRunner.isTransactionActive) this.committed(queryRunner);
  }

  afterTransactionRollback({ queryRunner }: TransactionRollbackEvent): void {
    if (!queryRunner.isTransactionActive) this.rolledBack(queryRunner);
  }

  #afterMark(event: MarkEvent, operation: 'softRemove' | 'recover'): Promise<void> | undefined {
    const plans = this.#plansOf(event.metadata);
    if (!plans) return undefined;
    const key = rowKeyOfId(this.dataSource, event.metadata, event.entityId);
    if (!key) return this.#warn(event.metadata, operation);
    const mark = event.metadata.deleteDateColumn;
    const wasRemoved = mark?.getEntityValue(event.databaseEntity ?? {}) != null;
    // TypeORM reports rows that bore the mark already, or that are not there.
    if (!event.databaseEntity || wasRemoved === (operation === 'softRemove')) return undefined;
    return this.#add(event.queryRunner, plans, (plan) => ({
      plan,
      operation,
      key,
      before: this.#oldValues(plan, event, key, mark ? [mark] : [], []),
      removed: null,
    }));
  }

  #oldValues(
    plan: CapturePlan,
    event: Pick<UpdateEvent<ObjectLiteral>, 'queryRunner' | 'metadata' | 'databaseEntity'>,
    key: RowKey,
    updatedColumns: UpdateEvent<ObjectLiteral>['updatedColumns'],
    updatedRelations: UpdateEvent<ObjectLiteral>['updatedRelations'],
  ): Map<string, unknown> {
    const { metadata, queryRunner, databaseEntity } = event;
    const row = plan.readsPrevious && this.oldRows.take(queryRunner, metadata, key);
    if (row) return decodeRow(this.dataSource, plan.columns, row);
    const updated = plan.columns.filter((field) =>
      isUpdated(field, { metadata, updatedColumns, updatedRelations }),
    );
    return loadedValues(updated, databaseEntity);
  }

  #plansOf(metadata: EntityMetadata): readonly CapturePlan[] | undefined {
    const plans = this.plans.get(metadata);
    return plans && !isSilenced() ? plans : undefined;
  }

  #add(
    runner: QueryRunner,
    plans: readonly CapturePlan[],
    change: (plan: CapturePlan) => Parameters<Capture['add']>[1],
  ): Promise<void> | undefined {
    let done: Promise<void> | undefined;
    for (const plan of plans) {
      const made = change(plan);
      if (plan.hook.operations.includes(made.operation)) done = this.capture.add(runner, made);
    }
    return done;
  }

  #warn(metadata: EntityMetadata, operation: Operation): undefined {
    this.criteria.warn(metadata, operation);
    return undefined;
  }

  /** `save(…, { reload: false })` does not learn a key that the database made. */
  #unidentified(runner: QueryRunner, plans: readonly CapturePlan[]): Promise<void> {
    const hook = plans[0]?.hook.name ?? '';
    const why = 'the key of the new row is not known; leave out `{ reload: false }`.';
    return this.capture.fail(runner, new CaptureFailedError(hook, why)).then(() => undefined);
  }
}
