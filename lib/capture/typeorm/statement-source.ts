import type { DataSource, EntityMetadata, QueryRunner } from 'typeorm';
import { grouped } from '../../base/grouped';
import { CriteriaRefusedError } from '../../errors/capture-errors';
import type { Operation } from '../../hook/operation';
import type { Logger } from '../../logging/logger';
import type { CriteriaMode } from '../../options/criteria';
import type { Capture } from '../capture';
import type { ChangeSource } from '../change-source';
import type { Collected } from '../completed';
import { blockCriteria } from '../criteria';
import type { HookedEntities, HookedEntity } from '../entity/hooked-entity';
import { type HookedTable, hookedTables } from '../entity/hooked-table';
import type { TableCatalog } from '../entity/table-facts';
import { isSilenced } from '../silence';
import type { WriteStatement } from '../statement/write';
import {
  type BuilderReceiver,
  operationOf,
  receiveBuilders,
  stopReceivingBuilders,
  type WriteBuilder,
} from './builders';
import {
  forgetPersists,
  type Persist,
  type PersistReceiver,
  persistOn,
  receivePersists,
  type Subject,
  stopReceivingPersists,
} from './persisting';
import { StatementCapture } from './statement-capture';
import {
  receiveStatements,
  type Send,
  type StatementReceiver,
  type StatementResult,
  stopReceivingStatements,
} from './statements';
import {
  receiveTransactions,
  stopReceivingTransactions,
  type TransactionReceiver,
} from './transactions';
import { CaptureWarnings, type UnseenWrite } from './warnings';

/** Learns how the outermost transaction of a query runner ended. Released and rolled back savepoints are not reported. */
export interface TransactionEnd {
  committed(runner: QueryRunner): void;
  rolledBack(runner: QueryRunner): void;
}

interface Surroundings {
  readonly capture: Capture;
  readonly transactions: TransactionEnd;
  readonly logger: Logger;
  readonly catalog: TableCatalog;
  readonly criteria: CriteriaMode;
}

/**
 * The changes that TypeORM writes. All of its writes are statements of query builders; each statement says itself what it did with which
 * rows, and where no code of the application decides about the events, it stores them too.
 */
export class StatementSource
  implements ChangeSource, BuilderReceiver, StatementReceiver, PersistReceiver, TransactionReceiver
{
  readonly #tables: ReadonlyMap<string, HookedTable>;
  readonly #warnings: CaptureWarnings;
  readonly #statements: StatementCapture;

  constructor(
    private readonly dataSource: DataSource,
    entities: HookedEntities,
    private readonly surroundings: Surroundings,
  ) {
    this.#tables = hookedTables(entities);
    this.#warnings = new CaptureWarnings(surroundings.logger);
    this.#statements = new StatementCapture(dataSource, {
      ...surroundings,
      warnings: this.#warnings,
      committed: (runner) => surroundings.transactions.committed(runner),
    });
  }

  start(): void {
    receiveBuilders(this.dataSource, this);
    receiveStatements(this.dataSource, this);
    receivePersists(this.dataSource, this);
    receiveTransactions(this.dataSource, this);
  }

  stop(): void {
    stopReceivingBuilders(this.dataSource, this);
    stopReceivingStatements(this.dataSource, this);
    stopReceivingPersists(this.dataSource, this);
    stopReceivingTransactions(this.dataSource, this);
  }

  /** The kinds of writes that made no event since the start. */
  get unseen(): readonly UnseenWrite[] {
    return this.#warnings.unseen;
  }

  isHooked({ tablePath }: EntityMetadata): boolean {
    return this.#tables.has(tablePath);
  }

  begin(builder: WriteBuilder): HookedTable | undefined {
    const { mainAlias } = builder.expressionMap;
    const path = mainAlias?.hasMetadata ? mainAlias.metadata.tablePath : mainAlias?.tablePath;
    const known = path === undefined ? undefined : this.#tables.get(path);
    if (!known || isSilenced()) return undefined;
    if (persistOn(builder.queryRunner)) return known;
    return this.#expanded(known, operationOf(builder));
  }

  async updating(
    runner: QueryRunner,
    persist: Persist,
    subjects: readonly Subject[],
  ): Promise<void> {
    for (const [path, own] of grouped(subjects, ({ metadata }) => metadata.tablePath)) {
      const table = this.#tables.get(path);
      if (table) await this.#statements.readBefore(runner, persist, { table, subjects: own });
    }
  }

  async run(runner: QueryRunner, write: WriteStatement, send: Send): Promise<StatementResult> {
    const run = () => this.#statements.run(runner, write, send);
    return run().catch((error: unknown) => {
      if (!lacksColumn(error)) throw error;
      // A column that is provided was dropped, and the write itself may not name it.
      this.restructured();
      if (runner.isTransactionActive) throw error;
      return run();
    });
  }

  restructured(): void {
    this.surroundings.catalog.outdate();
  }

  write(runner: QueryRunner, collected: Collected): Promise<void> {
    return this.#statements.store(runner, collected);
  }

  truncating(tablePath: string): void {
    const table = this.#tables.get(tablePath);
    if (table && !isSilenced()) this.#warnings.ofTruncate(table.metadata);
  }

  /** The commit waits for statements that are still running, which it could overtake. */
  beforeTransactionCommit(runner: QueryRunner): Promise<void> | undefined {
    return this.#statements.stored(runner);
  }

  /** The rollback waits too: a statement that came after it would be committed on its own. */
  beforeTransactionRollback(runner: QueryRunner): Promise<void> | undefined {
    return this.#statements.stored(runner);
  }

  afterTransactionCommit(runner: QueryRunner): void {
    // TypeORM reports a released savepoint as a commit too.
    if (!runner.isTransactionActive) this.surroundings.transactions.committed(runner);
  }

  afterTransactionRollback(runner: QueryRunner): void {
    forgetPersists(runner);
    if (!runner.isTransactionActive) this.surroundings.transactions.rolledBack(runner);
  }

  /** The table with those hooks that make events of a write by criteria. */
  #expanded(table: HookedTable, operation: Operation): HookedTable | undefined {
    const classes = table.classes
      .map((one) => ({
        ...one,
        hooked: one.hooked.filter((hooked) => this.#isExpanded(hooked, operation)),
      }))
      .filter(({ hooked }) => hooked.length > 0);
    const owners = table.owners.flatMap((owner) => {
      const expanded = this.#expanded(owner.table, 'update');
      return expanded ? [{ ...owner, table: expanded }] : [];
    });
    return classes.length + owners.length > 0 ? { ...table, classes, owners } : undefined;
  }

  #isExpanded({ hook, metadata }: HookedEntity, operation: Operation): boolean {
    const mode = blockCriteria() ?? hook.declared.criteria ?? this.surroundings.criteria;
    switch (mode) {
      case 'expand':
        return true;
      case 'refuse':
        throw new CriteriaRefusedError(hook.name, metadata.name);
      case 'warn':
        this.#warnings.ofCriteria(metadata, operation);
        return false;
      case 'ignore':
        return false;
    }
  }
}

function lacksColumn(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === '42703';
}
