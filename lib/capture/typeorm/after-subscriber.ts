import type {
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
import type { HookedEntity } from '../entity/hooked-entity';
import { type CriteriaWarnings, isInsertByBuilder } from './criteria';
import type { EntityChanges, MarkEvent, NewChange } from './entity-changes';

/** Learns how the outermost transaction of a query runner ended. Released and rolled back savepoints are not reported. */
export interface TransactionEnd {
  committed(runner: QueryRunner): void;
  rolledBack(runner: QueryRunner): void;
}

/**
 * Receives what TypeORM wrote, of all entities. No method is `async` and none returns a promise for a class without hooks: such a class
 * costs one look-up in a map.
 */
export class AfterSubscriber implements EntitySubscriberInterface {
  constructor(
    private readonly changes: EntityChanges,
    private readonly capture: Capture,
    private readonly warnings: CriteriaWarnings,
    private readonly transactions: TransactionEnd,
  ) {}

  afterInsert(event: InsertEvent<ObjectLiteral>): Promise<void> | undefined {
    const { metadata, queryRunner, entity } = event;
    const hooked = this.changes.hooked(metadata);
    if (!hooked) return undefined;
    if (isInsertByBuilder(entity)) return this.#warn(metadata, 'insert');
    const changes = this.changes.inserted(hooked, event);
    return changes ? this.#add(queryRunner, changes) : this.#unidentified(queryRunner, hooked);
  }

  afterUpdate(event: UpdateEvent<ObjectLiteral>): Promise<void> | undefined {
    const hooked = this.changes.hooked(event.metadata);
    return hooked && this.#addOrWarn(event, 'update', this.changes.updated(hooked, event));
  }

  afterRemove(event: RemoveEvent<ObjectLiteral>): Promise<void> | undefined {
    const hooked = this.changes.hooked(event.metadata);
    return hooked && this.#addOrWarn(event, 'remove', this.changes.removed(hooked, event));
  }

  afterSoftRemove(event: MarkEvent): Promise<void> | undefined {
    return this.#afterMark(event, 'softRemove');
  }

  afterRecover(event: MarkEvent): Promise<void> | undefined {
    return this.#afterMark(event, 'recover');
  }

  /** The commit waits for statements that are still running, which it could overtake. */
  beforeTransactionCommit({ queryRunner }: TransactionCommitEvent): Promise<void> | undefined {
    return this.capture.pending(queryRunner);
  }

  /**
   * The rollback waits too: a statement that came after it would be committed on its own. This never rejects, because TypeORM would then
   * not send the rollback.
   */
  beforeTransactionRollback({ queryRunner }: TransactionRollbackEvent): Promise<void> | undefined {
    return this.capture.pending(queryRunner)?.catch(() => undefined);
  }

  afterTransactionCommit({ queryRunner }: TransactionCommitEvent): void {
    // TypeORM reports a released savepoint as a commit too.
    if (!queryRunner.isTransactionActive) this.transactions.committed(queryRunner);
  }

  afterTransactionRollback({ queryRunner }: TransactionRollbackEvent): void {
    if (!queryRunner.isTransactionActive) this.transactions.rolledBack(queryRunner);
  }

  #afterMark(event: MarkEvent, operation: 'softRemove' | 'recover'): Promise<void> | undefined {
    const hooked = this.changes.hooked(event.metadata);
    const changes = hooked && this.changes.marked(hooked, event, operation);
    return hooked && this.#addOrWarn(event, operation, changes ?? null);
  }

  #addOrWarn(
    {
      queryRunner,
      metadata,
    }: { readonly queryRunner: QueryRunner; readonly metadata: EntityMetadata },
    operation: Operation,
    changes: readonly NewChange[] | null,
  ): Promise<void> | undefined {
    return changes ? this.#add(queryRunner, changes) : this.#warn(metadata, operation);
  }

  #add(runner: QueryRunner, changes: readonly NewChange[]): Promise<void> | undefined {
    let done: Promise<void> | undefined;
    for (const change of changes) done = this.capture.add(runner, change);
    return done;
  }

  #warn(metadata: EntityMetadata, operation: Operation): undefined {
    this.warnings.warn(metadata, operation);
    return undefined;
  }

  /** `save(…, { reload: false })` does not read a key that the database generated. */
  #unidentified(runner: QueryRunner, hooked: readonly HookedEntity[]): Promise<void> {
    const hook = hooked[0]?.hook.name ?? '';
    const why = 'the key of the new row is not known; leave out `{ reload: false }`.';
    return this.capture.fail(runner, new CaptureFailedError(hook, why)).then(() => undefined);
  }
}
