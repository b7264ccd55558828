import type { DataSource, EntityMetadata, QueryRunner } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { CriteriaRefusedError } from '../../errors/capture-errors';
import type { Operation } from '../../hook/operation';
import type { Logger } from '../../logging/logger';
import type { CriteriaMode } from '../../options/criteria';
import type { Capture } from '../capture';
import { type Change, changesOf } from '../change';
import type { ChangeSource } from '../change-source';
import { blockCriteria } from '../criteria';
import type { HookedEntities, HookedEntity } from '../entity/hooked-entity';
import { type HookedTable, hookedTables } from '../entity/hooked-table';
import { canReadRows, type TableCatalog } from '../entity/table-facts';
import { isSilenced } from '../silence';
import { readMarks } from '../statement/marks';
import { returningRows, takeRows } from '../statement/returned-rows';
import type { RowContext } from '../statement/row-sql';
import { readTold, tellingEvents } from '../statement/told-events';
import type { ResultRow, WriteStatement } from '../statement/write';
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
  stopReceivingPersists,
} from './persisting';
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
import { CaptureWarnings } from './warnings';

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
  /** The events that are being stored on a query runner. */
  readonly #writing = new WeakMap<QueryRunner, Promise<void>>();

  constructor(
    private readonly dataSource: DataSource,
    entities: HookedEntities,
    private readonly surroundings: Surroundings,
  ) {
    this.#tables = hookedTables(entities);
    this.#warnings = new CaptureWarnings(surroundings.logger);
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

  async run(runner: QueryRunner, write: WriteStatement, send: Send): Promise<StatementResult> {
    const { catalog } = this.surroundings;
    const { table } = write;
    await catalog.load(runner, table.metadata);
    const facts = catalog.get(table.metadata);
    if (!facts?.canReturn || !canReadRows(table.metadata, facts))
      return this.#runUntold(write, send);
    for (const { hooked } of table.classes) this.#warnings.ofUnreadable(hooked, facts);
    const context: RowContext = { dataSource: this.dataSource, table, facts };
    return this.#isTold(table) && isToldAlone(write, persistOn(runner))
      ? this.#runTelling(runner, write, context, send)
      : this.#runReturning(runner, write, context, send);
  }

  truncating(tablePath: string): void {
    const table = this.#tables.get(tablePath);
    if (table && !isSilenced()) this.#warnings.ofTruncate(table.metadata);
  }

  async write(runner: QueryRunner, changes: readonly Change[]): Promise<void> {
    if (changes.length === 0) return;
    const writing = this.surroundings.capture.write(runner, changes);
    this.#writing.set(
      runner,
      writing.catch(() => undefined),
    );
    await writing;
  }

  /** The commit waits for statements that are still running, which it could overtake. */
  beforeTransactionCommit(runner: QueryRunner): Promise<void> | undefined {
    return this.#writing.get(runner);
  }

  /** The rollback waits too: a statement that came after it would be committed on its own. */
  beforeTransactionRollback(runner: QueryRunner): Promise<void> | undefined {
    return this.#writing.get(runner);
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
    return classes.length > 0 ? { ...table, classes } : undefined;
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

  /** Whether the statement that writes the rows can store their events too. */
  #isTold({ classes, metadata }: HookedTable): boolean {
    if (this.surroundings.catalog.get(metadata)?.canNest === false) return false;
    return classes.every(({ hooked }) =>
      hooked.every((one) => this.surroundings.capture.isTold(one)),
    );
  }

  async #runUntold(write: WriteStatement, send: Send): Promise<StatementResult> {
    const { sql, parameters, operation, table } = write;
    const result = await send({ sql: readMarks(sql).unchanged, parameters });
    if (result.affected !== 0) this.#warnings.ofUntold(table.metadata, operation);
    return result;
  }

  async #runTelling(
    runner: QueryRunner,
    write: WriteStatement,
    context: RowContext,
    send: Send,
  ): Promise<StatementResult> {
    const { capture, transactions } = this.surroundings;
    const { outbox } = capture;
    const statement = tellingEvents(write, context, {
      isExact: isExact(write.table, persistOn(runner)),
      newId: uuidv7,
      insertSql: (insert) => outbox.insertSql(insert),
    });
    const result = await send(statement).catch((error: unknown) => {
      throw outbox.explained(error);
    });
    const { rows, affected, events } = readTold(write, result.records);
    capture.noteTold(runner, events);
    if (!runner.isTransactionActive) transactions.committed(runner);
    return asWithoutUs(result, write, rows, affected);
  }

  async #runReturning(
    runner: QueryRunner,
    write: WriteStatement,
    context: RowContext,
    send: Send,
  ): Promise<StatementResult> {
    const persist = persistOn(runner);
    const wishes = { isExact: isExact(write.table, persist) };
    const run = async (): Promise<StatementResult> => {
      const result = await send(returningRows(write, context, wishes));
      const { rows, written } = takeRows(result.records);
      const changes = changesOf(write.table, written);
      if (persist) persist.changes.push(...changes);
      else await this.write(runner, changes);
      return asWithoutUs(result, write, write.returnsRows ? rows : [], rows.length);
    };
    return runner.isTransactionActive ? run() : inTransaction(runner, run);
  }
}

/**
 * Whether a statement stores its events itself. PostgreSQL plans such a statement anew each time, so the updates of a `save()` of several
 * rows, which TypeORM writes one by one, return their rows instead, and one INSERT follows.
 */
function isToldAlone(write: WriteStatement, persist: Persist | undefined): boolean {
  // An upsert that changes a key makes two events of one row.
  if (write.isUpsert && write.setsKey) return false;
  if (!persist || persist.isSingle) return true;
  // What was collected before is stored later; the events of one call have the order of its statements.
  return write.kind !== 'update' && persist.changes.length === 0;
}

/** The row and its event are committed together. */
async function inTransaction<T>(runner: QueryRunner, work: () => Promise<T>): Promise<T> {
  await runner.startTransaction();
  try {
    const result = await work();
    await runner.commitTransaction();
    return result;
  } catch (error) {
    await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  }
}

function isExact({ classes }: HookedTable, persist: Persist | undefined): boolean {
  if (!persist) return true;
  return classes.some(({ hooked }) => hooked.some(({ hook }) => hook.declared.exactPrevious));
}

/** The result in the form that TypeORM gives to that of the unchanged statement. */
function asWithoutUs(
  result: StatementResult,
  { kind }: WriteStatement,
  rows: readonly ResultRow[],
  affected: number,
): StatementResult {
  const raw = kind === 'insert' ? rows : [rows, affected];
  return Object.assign(result, { records: rows, raw, affected });
}
