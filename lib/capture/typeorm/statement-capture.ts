import type { DataSource, QueryRunner } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { Capture } from '../capture';
import { changesOf } from '../change';
import { type Collected, completedChanges, nothingCollected } from '../completed';
import { type HookedTable, showsLaterRows, showsOwnTable } from '../entity/hooked-table';
import { canReadRows, type TableCatalog } from '../entity/table-facts';
import { readMarks } from '../statement/marks';
import { type Owner, touchedRows } from '../statement/owners';
import { returningRows, takeRows } from '../statement/returned-rows';
import type { RowContext } from '../statement/row-sql';
import { type RowsBefore, returningKeys, rowsBefore, writtenOf } from '../statement/rows-before';
import { readTold, tellingEvents } from '../statement/told-events';
import { type ResultRow, removeOwn, type WriteStatement } from '../statement/write';
import { type Persist, persistOn, type Subject } from './persisting';
import type { Send, StatementResult } from './statements';
import type { CaptureWarnings } from './warnings';

interface Surroundings {
  readonly capture: Capture;
  readonly catalog: TableCatalog;
  readonly warnings: CaptureWarnings;
  /** The events that a statement stored are committed. */
  readonly committed: (runner: QueryRunner) => void;
}

/** From this number on, the rows that a call updates one by one are read before and after, and not returned by each statement. */
const MANY_UPDATES = 8;

interface Prepared {
  readonly context: RowContext;
  readonly before: RowsBefore;
  readonly send: Send;
}

/** Runs the statements that write hooked tables, so that the events of what they do are stored. */
export class StatementCapture {
  /** The events that are being stored on a query runner. */
  readonly #storing = new WeakMap<QueryRunner, Promise<void>>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly surroundings: Surroundings,
  ) {}

  /** The result is the one that the caller would get without us. */
  async run(runner: QueryRunner, write: WriteStatement, send: Send): Promise<StatementResult> {
    const { table } = write;
    const context = await this.#contextOf(runner, table);
    if (!context) return this.#runUntold(write, send);
    for (const { hooked } of table.classes)
      this.surroundings.warnings.ofUnreadable(hooked, context.facts);
    const before = persistOn(runner)?.before.get(table.metadata.tablePath);
    if (before && write.kind === 'update')
      return this.#runWithKeys(runner, write, { context, before, send });
    if (this.#isTold(table) && isToldAlone(write, persistOn(runner)))
      return this.#runTelling(runner, write, context, send);
    const run = () => this.#runReturning(runner, write, context, send);
    return runner.isTransactionActive ? run() : inTransaction(runner, run);
  }

  /** Reads the rows that a call will update one by one, if they are many. */
  async readBefore(
    runner: QueryRunner,
    persist: Persist,
    { table, subjects }: { readonly table: HookedTable; readonly subjects: readonly Subject[] },
  ): Promise<void> {
    const [{ metadata } = table] = subjects;
    const isOfOneClass = subjects.every((subject) => subject.metadata === metadata);
    if (subjects.length < MANY_UPDATES || !isOfOneClass || isReadAgain(table, persist)) return;
    const context = await this.#contextOf(runner, table);
    if (!context) return;
    const identifiers = subjects.flatMap(({ identifier }) => identifier ?? []);
    const wanted = { metadata, identifiers, isExact: isExact(table, persist) };
    persist.before.set(table.metadata.tablePath, await rowsBefore(runner, context, wanted));
  }

  /** Stores the events of a call that has ended. */
  async store(runner: QueryRunner, collected: Collected): Promise<void> {
    if (collected.changes.length + collected.touched.length === 0) return;
    const storing = this.#store(runner, collected);
    const settled = storing.catch(() => undefined);
    this.#storing.set(runner, settled);
    await storing;
  }

  /** Resolves when the events that are being stored on a query runner are stored, or could not be. */
  stored(runner: QueryRunner): Promise<void> | undefined {
    return this.#storing.get(runner);
  }

  async #store(runner: QueryRunner, collected: Collected): Promise<void> {
    await this.surroundings.capture.write(runner, await completedChanges(runner, collected));
  }

  /** Whether the statement that writes the rows can store their events too. */
  #isTold(table: HookedTable): boolean {
    const { classes, owners, metadata } = table;
    if (owners.length > 0 || this.surroundings.catalog.get(metadata)?.canNest === false)
      return false;
    if (showsOwnTable(table)) return false;
    return classes.every(({ hooked }) =>
      hooked.every((one) => this.surroundings.capture.isTold(one)),
    );
  }

  async #runUntold(write: WriteStatement, send: Send): Promise<StatementResult> {
    const { sql, parameters, operation, table } = write;
    const result = await send({ sql: readMarks(sql).unchanged, parameters });
    if (result.affected !== 0) this.surroundings.warnings.ofUntold(table.metadata, operation);
    return result;
  }

  async #runTelling(
    runner: QueryRunner,
    write: WriteStatement,
    context: RowContext,
    send: Send,
  ): Promise<StatementResult> {
    const { capture, committed } = this.surroundings;
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
    await capture.noteTold(runner, events);
    if (!runner.isTransactionActive) committed(runner);
    return asWithoutUs(result, write, rows, affected);
  }

  async #runWithKeys(
    runner: QueryRunner,
    write: WriteStatement,
    { context, before, send }: Prepared,
  ): Promise<StatementResult> {
    const result = await send(returningKeys(write, context));
    const { records } = result;
    const touched = writtenOf(before, context, records).map((old) => ({ context, old }));
    persistOn(runner)?.collected.touched.push(...touched);
    for (const row of records) removeOwn(row);
    return asWithoutUs(result, write, write.returnsRows ? records : [], records.length);
  }

  async #runReturning(
    runner: QueryRunner,
    write: WriteStatement,
    context: RowContext,
    send: Send,
  ): Promise<StatementResult> {
    const persist = persistOn(runner);
    const owners = await this.#ownersOf(runner, write.table);
    const wishes = { isExact: isExact(write.table, persist), owners };
    const result = await send(returningRows(write, context, wishes));
    const touched = touchedRows(this.dataSource, owners, result.records);
    const { rows, written } = takeRows(result.records);
    const collected = persist?.collected ?? nothingCollected();
    collected.changes.push(...changesOf(write.table, written));
    collected.touched.push(...touched);
    if (isReadAgain(write.table, persist))
      for (const { now } of written) if (now) collected.touched.push({ context, old: now });
    if (!persist) await this.store(runner, collected);
    return asWithoutUs(result, write, write.returnsRows ? rows : [], rows.length);
  }

  /** Null if the written rows cannot be returned. */
  async #contextOf(runner: QueryRunner, table: HookedTable): Promise<RowContext | null> {
    const { catalog } = this.surroundings;
    await catalog.load(runner, table.metadata);
    const facts = catalog.get(table.metadata);
    const canReturn = facts?.canReturn && canReadRows(table.metadata, facts);
    return canReturn ? { dataSource: this.dataSource, table, facts } : null;
  }

  /** Those whose rows the role may read. */
  async #ownersOf(runner: QueryRunner, { owners }: HookedTable): Promise<readonly Owner[]> {
    const { catalog } = this.surroundings;
    const readable: Owner[] = [];
    for (const owner of owners) {
      const { metadata } = owner.table;
      await catalog.load(runner, metadata);
      const facts = catalog.get(metadata);
      if (facts && canReadRows(metadata, facts)) readable.push({ ...owner, facts });
    }
    return readable;
  }
}

function isExact({ classes }: HookedTable, persist: Persist | undefined): boolean {
  if (!persist) return true;
  return classes.some(({ hooked }) => hooked.some(({ hook }) => hook.declared.exactPrevious));
}

/** Whether the values of related rows are other ones at the end of the call than those that the statement sees. */
function isReadAgain(table: HookedTable, persist: Persist | undefined): boolean {
  if (showsOwnTable(table)) return true;
  return persist !== undefined && !persist.isSingle && showsLaterRows(table);
}

/**
 * Whether a statement stores its events itself. PostgreSQL plans such a statement anew each time, so the updates of a `save()` of several
 * rows, which TypeORM writes one by one, return their rows instead, and one INSERT follows.
 */
function isToldAlone(write: WriteStatement, persist: Persist | undefined): boolean {
  // An upsert that changes a key makes two events of one row.
  if (write.isUpsert && write.setsKey) return false;
  if (write.parameters.length > MOST_PARAMETERS) return false;
  if (!persist || persist.isSingle) return true;
  if (write.kind === 'update' || showsLaterRows(write.table)) return false;
  // What was collected before is stored later; the events of one call have the order of its statements.
  return persist.collected.changes.length === 0;
}

/** PostgreSQL accepts 65,535 parameters. Those of the events must fit in, of each hook about ten. */
const MOST_PARAMETERS = 65_000;

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
