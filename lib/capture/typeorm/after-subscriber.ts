import type { QueryRunner } from 'typeorm';
import type { Operation } from '../../hook/operation';
import type { Capture } from '../capture';
import type { HookedEntity } from '../entity/hooked-entity';
import { canReadRows, type TableCatalog } from '../entity/table-facts';
import { type CriteriaWarnings, isPathOfTree } from './criteria';
import type { EntityChanges, NewChange } from './entity-changes';
import { isInsertByBuilder } from './insert-builders';
import type { WriteReceiver, WriteReport } from './write-report';

/** Learns how the outermost transaction of a query runner ended. Released and rolled back savepoints are not reported. */
export interface TransactionEnd {
  committed(runner: QueryRunner): void;
  rolledBack(runner: QueryRunner): void;
}

/**
 * Receives what TypeORM wrote, of all entities. No method is `async` and none returns a promise for a class without hooks: such a class
 * costs one look-up in a map.
 */
export class AfterSubscriber implements Partial<WriteReceiver> {
  constructor(
    private readonly changes: EntityChanges,
    private readonly capture: Capture,
    private readonly catalog: TableCatalog,
    private readonly reports: { readonly warnings: CriteriaWarnings; readonly end: TransactionEnd },
  ) {}

  afterInsert(report: WriteReport): Promise<void> | undefined {
    const hooked = this.#hooked(report, 'insert');
    if (!hooked) return undefined;
    if (isInsertByBuilder(report.entity)) return this.#warn(report, 'insert');
    const changes = this.changes.inserted(hooked, report);
    if (changes) return this.#add(report, changes);
    this.capture.missed(report.metadata, 'insert', 'the key of the new row is not known');
    return undefined;
  }

  afterUpdate(report: WriteReport): Promise<void> | undefined {
    const completed = this.changes.completedInsert(report);
    if (completed?.outdated) this.capture.outdate(completed.outdated);
    if (completed || isPathOfTree(report)) return undefined;
    const hooked = this.#hooked(report, 'update');
    return hooked && this.#addOrWarn(report, 'update', this.changes.updated(hooked, report));
  }

  afterRemove(report: WriteReport): Promise<void> | undefined {
    const hooked = this.#hooked(report, 'remove');
    return hooked && this.#addOrWarn(report, 'remove', this.changes.removed(hooked, report));
  }

  afterSoftRemove(report: WriteReport): Promise<void> | undefined {
    const hooked = this.#hooked(report, 'softRemove');
    const changes = hooked && this.changes.marked(hooked, report, 'softRemove');
    return hooked && this.#addOrWarn(report, 'softRemove', changes ?? null);
  }

  afterRecover(report: WriteReport): Promise<void> | undefined {
    const hooked = this.#hooked(report, 'recover');
    const changes = hooked && this.changes.marked(hooked, report, 'recover');
    return hooked && this.#addOrWarn(report, 'recover', changes ?? null);
  }

  /** The commit waits for statements that are still running, which it could overtake. */
  beforeTransactionCommit(queryRunner: QueryRunner): Promise<void> | undefined {
    return this.capture.pending(queryRunner);
  }

  /**
   * The rollback waits too: a statement that came after it would be committed on its own. This never rejects, because TypeORM would then
   * not send the rollback.
   */
  beforeTransactionRollback(queryRunner: QueryRunner): Promise<void> | undefined {
    return this.capture.pending(queryRunner)?.catch(() => undefined);
  }

  afterTransactionCommit(queryRunner: QueryRunner): undefined {
    // TypeORM reports a released savepoint as a commit too.
    if (!queryRunner.isTransactionActive) this.reports.end.committed(queryRunner);
  }

  afterTransactionRollback(queryRunner: QueryRunner): undefined {
    if (!queryRunner.isTransactionActive) this.reports.end.rolledBack(queryRunner);
  }

  #hooked({ metadata }: WriteReport, operation: Operation): readonly HookedEntity[] | undefined {
    const hooked = this.changes.hooked(metadata);
    if (!hooked?.some(({ hook }) => hook.operations.includes(operation))) return undefined;
    if (canReadRows(metadata, this.catalog.get(metadata))) return hooked;
    this.capture.missed(metadata, operation, 'the role that writes it may not read its key');
    return undefined;
  }

  #addOrWarn(
    report: WriteReport,
    operation: Operation,
    changes: readonly NewChange[] | null,
  ): Promise<void> | undefined {
    return changes ? this.#add(report, changes) : this.#warn(report, operation);
  }

  #add({ queryRunner }: WriteReport, changes: readonly NewChange[]): Promise<void> | undefined {
    let done: Promise<void> | undefined;
    for (const change of changes) done = this.capture.add(queryRunner, change);
    return done;
  }

  #warn({ metadata }: WriteReport, operation: Operation): undefined {
    this.reports.warnings.warn(metadata, operation);
    return undefined;
  }
}
