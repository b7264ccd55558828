import type { DataSource, EntityMetadata, ObjectLiteral, QueryRunner } from 'typeorm';
import { SubjectExecutor } from 'typeorm/persistence/SubjectExecutor.js';
import { NoTransactionError } from '../../errors/capture-errors';
import { type Collected, nothingCollected } from '../completed';
import { isSilenced } from '../silence';
import type { RowsBefore } from '../statement/rows-before';
import { dataSourceOf } from './data-source-of';

/** One call of `save()`, `remove()`, `softRemove()` or `recover()`, or one chunk of it, while it writes. */
export interface Persist {
  /** Whether it writes one row by one statement. */
  readonly isSingle: boolean;
  /** What its statements did so far. */
  readonly collected: Collected;
  /** The rows that it will update, by table path, if they were read before. */
  readonly before: Map<string, RowsBefore>;
}

export interface PersistReceiver {
  isHooked(metadata: EntityMetadata): boolean;
  /** A call is going to update these rows, and to do nothing else. */
  updating(runner: QueryRunner, persist: Persist, subjects: readonly Subject[]): Promise<void>;
  /** Stores the events of a call that has written all of its rows. */
  write(runner: QueryRunner, collected: Collected): Promise<void>;
}

/** A row that TypeORM is going to write. */
export interface Subject {
  readonly metadata: EntityMetadata;
  readonly identifier?: ObjectLiteral;
  /** The row as TypeORM loaded it. */
  readonly databaseEntity?: ObjectLiteral;
}

interface Executor {
  readonly queryRunner: QueryRunner;
  /** Rows that it looks at, whether they are written or not. */
  readonly allSubjects: readonly Subject[];
  readonly insertSubjects: readonly Subject[];
  readonly updateSubjects: readonly Subject[];
  readonly removeSubjects: readonly Subject[];
  readonly softRemoveSubjects: readonly Subject[];
  readonly recoverSubjects: readonly Subject[];
  execute(): Promise<void>;
}

const receivers = new WeakMap<DataSource, PersistReceiver>();
const running = new WeakMap<QueryRunner, Persist[]>();
const patched = new WeakSet<object>();

/** Tells a receiver which statements belong to one call, so that their events are stored together: one INSERT for any number of rows. */
export function receivePersists(dataSource: DataSource, receiver: PersistReceiver): void {
  receivers.set(dataSource, receiver);
  patch(SubjectExecutor.prototype as unknown as Executor);
}

export function stopReceivingPersists(dataSource: DataSource, receiver: PersistReceiver): void {
  if (receivers.get(dataSource) === receiver) receivers.delete(dataSource);
}

/** The call that is writing on a query runner. */
export function persistOn(runner: QueryRunner | undefined): Persist | undefined {
  return runner && running.get(runner)?.at(-1);
}

/** What was collected belongs to a transaction that was rolled back. */
export function forgetPersists(runner: QueryRunner): void {
  for (const { collected } of running.get(runner) ?? []) {
    collected.changes.length = 0;
    collected.touched.length = 0;
  }
}

function patch(prototype: Executor): void {
  if (patched.has(prototype)) return;
  patched.add(prototype);
  const { execute } = prototype;
  prototype.execute = function (this: Executor): Promise<void> {
    const receiver = receivers.get(dataSourceOf(this.queryRunner));
    const run = () => execute.call(this);
    const isConcerned = this.allSubjects.some(({ metadata }) => receiver?.isHooked(metadata));
    return receiver && isConcerned && !isSilenced() ? persisted(this, receiver, run) : run();
  };
}

async function persisted(
  executor: Executor,
  receiver: PersistReceiver,
  run: () => Promise<void>,
): Promise<void> {
  const { queryRunner: runner } = executor;
  const subjects = subjectsOf(executor);
  const hooked = subjects.find(({ metadata }) => receiver.isHooked(metadata));
  // Without a transaction, a row could be committed without its event.
  if (hooked && !runner.isTransactionActive) throw new NoTransactionError(hooked.metadata.name);
  const persist: Persist = {
    isSingle: isSingle(subjects),
    collected: nothingCollected(),
    before: new Map(),
  };
  if (subjects.every(({ databaseEntity }) => databaseEntity) && onlyUpdates(executor))
    await receiver.updating(runner, persist, subjects);
  const open = running.get(runner) ?? [];
  running.set(runner, open);
  open.push(persist);
  const write = () => receiver.write(runner, persist.collected);
  try {
    await run().finally(() => open.splice(open.indexOf(persist), 1));
  } catch (error) {
    // A subscriber of the application may have thrown after the rows were written, and the caller may still commit them.
    if (!isOfDatabase(error)) await write().catch(() => undefined);
    throw error;
  }
  await write();
}

function subjectsOf(executor: Executor): readonly Subject[] {
  const { insertSubjects, updateSubjects, removeSubjects, softRemoveSubjects, recoverSubjects } =
    executor;
  return [
    insertSubjects,
    updateSubjects,
    removeSubjects,
    softRemoveSubjects,
    recoverSubjects,
  ].flat();
}

function onlyUpdates(executor: Executor): boolean {
  return subjectsOf(executor).length === executor.updateSubjects.length;
}

/** TypeORM writes a row of a tree by several statements. */
function isSingle([first, ...others]: readonly Subject[]): boolean {
  return first !== undefined && others.length === 0 && !first.metadata.treeType;
}

/** The database has aborted the transaction. */
function isOfDatabase(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'driverError' in error;
}
