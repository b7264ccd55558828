import type { DataSource, EntityMetadata, ObjectLiteral, QueryRunner } from 'typeorm';
import { EntityPersistExecutor } from 'typeorm/persistence/EntityPersistExecutor.js';
import { SubjectExecutor } from 'typeorm/persistence/SubjectExecutor.js';
import { dataSourceOf } from '../../capture/typeorm/data-source-of';
import type { Operation } from '../../hook/operation';

/** A row that a call of `save()`, `remove()`, `softRemove()` or `recover()` is going to write. */
export interface PlannedWrite {
  readonly operation: Operation;
  readonly subject: Subject;
}

/** The same row as TypeORM keeps it. */
export interface Subject {
  readonly metadata: EntityMetadata;
  /** What the caller gave. Undefined for a row that the caller did not name, such as a detached child. */
  readonly entity?: ObjectLiteral;
  readonly identifier?: ObjectLiteral;
  /** The row as TypeORM loaded it. */
  readonly databaseEntity?: ObjectLiteral;
  readonly databaseEntityLoaded: boolean;
  /** The owner, if this is a row of a junction table. */
  readonly parentSubject?: Subject;
  readonly changeMaps: readonly ChangeMap[];
}

/** A value that TypeORM sets on its own, such as the foreign key of a child. */
export interface ChangeMap {
  readonly column?: unknown;
  readonly relation?: { readonly joinColumns: readonly unknown[] };
  readonly value?: unknown;
}

export interface WriteReceiver {
  /** Whether somebody wants to be asked about the writes of an entity. */
  concerns(metadata: EntityMetadata): boolean;
  /** Rejects to refuse the writes, of which none is done yet. `holdsConnection` is false while no connection of the pool is in use. */
  ask(writes: readonly PlannedWrite[], holdsConnection: boolean): Promise<void>;
}

interface Executor {
  /** Those of its call. */
  readonly options?: object;
  readonly queryRunner: QueryRunner;
  readonly insertSubjects: readonly Subject[];
  readonly updateSubjects: readonly Subject[];
  readonly removeSubjects: readonly Subject[];
  readonly softRemoveSubjects: readonly Subject[];
  readonly recoverSubjects: readonly Subject[];
  recompute(): void;
  execute(): Promise<void>;
}

interface Persist {
  readonly dataSource?: DataSource;
  /** In TypeORM 0.3. */
  readonly connection: DataSource;
  queryRunner?: QueryRunner;
  options?: object;
  execute(): Promise<void>;
}

/** One call of a method that writes. */
interface Call {
  readonly runner: QueryRunner;
  /** Whether the runner was made for this call. */
  readonly isOwnRunner: boolean;
  /** What is about to be written, one for each chunk, until it was asked about. */
  readonly executors: Set<Executor>;
}

const receivers = new WeakMap<DataSource, WriteReceiver>();
const patched = new WeakSet<object>();
/** Each call by its options, which its executors know. An asynchronous context would slow down everything that the process does. */
const calls = new WeakMap<object, Call>();
/** The call whose transaction a runner would begin now. */
const ready = new WeakMap<QueryRunner, Call>();
const running = new WeakMap<QueryRunner, number>();

/** Asks a receiver before rows of a DataSource are written: before the transaction of the call begins, if it has one of its own. */
export function receiveWrites(dataSource: DataSource, receiver: WriteReceiver): void {
  receivers.set(dataSource, receiver);
  patchPersist(EntityPersistExecutor.prototype as unknown as Persist);
  patchExecutor(SubjectExecutor.prototype as unknown as Executor);
  patchRunner(runnerPrototype(dataSource));
}

export function stopReceivingWrites(dataSource: DataSource, receiver: WriteReceiver): void {
  if (receivers.get(dataSource) === receiver) receivers.delete(dataSource);
}

/** Whether rows are being written on this runner that were asked about. */
export function isPersisting(runner: QueryRunner | undefined): boolean {
  return runner !== undefined && (running.get(runner) ?? 0) > 0;
}

/** A call without a runner gets one from us, so that its connection can be given back while a question is open. */
function patchPersist(prototype: Persist): void {
  if (patched.has(prototype)) return;
  patched.add(prototype);
  const { execute } = prototype;
  prototype.execute = function (this: Persist): Promise<void> {
    const dataSource = this.dataSource ?? this.connection;
    if (!receivers.has(dataSource)) return execute.call(this);
    const isOwnRunner = this.queryRunner === undefined;
    const runner = this.queryRunner ?? dataSource.createQueryRunner();
    this.queryRunner = runner;
    this.options = { ...this.options };
    const call = { runner, isOwnRunner, executors: new Set<Executor>() };
    calls.set(this.options, call);
    return execute.call(this).finally(() => {
      taken(call);
      return isOwnRunner ? runner.release() : undefined;
    });
  };
}

function patchExecutor(prototype: Executor): void {
  if (patched.has(prototype)) return;
  patched.add(prototype);
  const { recompute, execute } = prototype;
  const begun = new WeakSet<Executor>();
  // The constructor calls it when it knows what will be written.
  prototype.recompute = function (this: Executor): void {
    recompute.call(this);
    const call = this.options && calls.get(this.options);
    if (!call || begun.has(this)) return;
    call.executors.add(this);
    ready.set(call.runner, call);
  };
  prototype.execute = function (this: Executor): Promise<void> {
    const call = this.options && calls.get(this.options);
    if (!call) return execute.call(this);
    begun.add(this);
    const write = () => whileRunning(call.runner, () => execute.call(this));
    // In a transaction of the caller, all chunks of the call are asked about before the first one is written.
    const answered = ask(call);
    return answered ? answered.then(write) : write();
  };
}

function whileRunning(runner: QueryRunner, work: () => Promise<void>): Promise<void> {
  const count = (by: number) => running.set(runner, (running.get(runner) ?? 0) + by);
  count(1);
  return work().finally(() => count(-1));
}

interface Runner {
  startTransaction(...options: unknown[]): Promise<void>;
}

function patchRunner(prototype: Runner): void {
  if (patched.has(prototype)) return;
  patched.add(prototype);
  const { startTransaction } = prototype;
  prototype.startTransaction = function (this: Runner & QueryRunner, ...options): Promise<void> {
    const start = () => startTransaction.apply(this, options);
    const call = this.isTransactionActive ? undefined : ready.get(this);
    const answered = call && ask(call);
    return answered ? answered.then(start) : start();
  };
}

/** The methods of the class: an application may have assigned its own to one runner. */
function runnerPrototype(dataSource: DataSource): Runner {
  let prototype: object = Object.getPrototypeOf(dataSource.createQueryRunner());
  while (!Object.hasOwn(prototype, 'startTransaction'))
    prototype = Object.getPrototypeOf(prototype);
  return prototype as Runner;
}

/** Asks about what a call is going to write. Undefined if nothing is to be asked. */
function ask(call: Call): Promise<void> | undefined {
  const { runner } = call;
  const executors = taken(call);
  const receiver = receivers.get(dataSourceOf(runner));
  const writes = executors
    .flatMap(writesOf)
    .filter(({ subject }) => receiver?.concerns(subject.metadata));
  if (!receiver || writes.length === 0) return undefined;
  if (!call.isOwnRunner || runner.isTransactionActive) return receiver.ask(writes, true);
  return giveBack(runner).then(() => receiver.ask(writes, false));
}

/** What is about to be written, which the call then forgets. */
function taken({ runner, executors }: Call): readonly Executor[] {
  if (ready.get(runner)?.executors === executors) ready.delete(runner);
  const all = [...executors];
  executors.clear();
  return all;
}

function writesOf(executor: Executor): readonly PlannedWrite[] {
  const { insertSubjects, updateSubjects, removeSubjects, softRemoveSubjects, recoverSubjects } =
    executor;
  const writes = [
    ...planned('insert', insertSubjects),
    ...updateSubjects.map((subject) => ({ operation: updateOf(subject), subject })),
    ...planned('remove', removeSubjects.filter(exists)),
    ...planned('softRemove', softRemoveSubjects),
    ...planned('recover', recoverSubjects),
  ];
  return [...writes, ...planned('update', ownersOf(writes))];
}

function planned(operation: Operation, subjects: readonly Subject[]): readonly PlannedWrite[] {
  return subjects.map((subject) => ({ operation, subject }));
}

/** An update that sets the delete date is a `softRemove`, one that clears it a `recover`, as in the event of the write. */
function updateOf({ metadata, entity, databaseEntity }: Subject): Operation {
  const { deleteDateColumn } = metadata;
  if (!deleteDateColumn || !entity || !databaseEntity) return 'update';
  const after = deleteDateColumn.getEntityValue(entity);
  if (after === undefined) return 'update';
  const wasDeleted = (deleteDateColumn.getEntityValue(databaseEntity) ?? null) !== null;
  if (wasDeleted === (after !== null)) return 'update';
  return wasDeleted ? 'recover' : 'softRemove';
}

/** A row that was not found is not removed. */
function exists({ databaseEntity, databaseEntityLoaded }: Subject): boolean {
  return databaseEntity !== undefined || !databaseEntityLoaded;
}

/** The entities of which only rows of junction tables are written, each once. */
function ownersOf(writes: readonly PlannedWrite[]): readonly Subject[] {
  const written = new Set(writes.map(({ subject }) => subject));
  const owners = [...written].flatMap(({ metadata, parentSubject }) =>
    metadata.isJunction && parentSubject && !written.has(parentSubject) ? [parentSubject] : [],
  );
  return [...new Set(owners)];
}

/** What TypeORM's query runner keeps of its connection. */
interface Connected {
  isReleased: boolean;
  databaseConnection: unknown;
  databaseConnectionPromise: unknown;
}

/** Gives the connection of a runner back to the pool. The runner takes another one when it needs it. */
async function giveBack(runner: QueryRunner): Promise<void> {
  const connected = runner as unknown as Connected;
  if (!connected.databaseConnection) return;
  await runner.release();
  connected.databaseConnection = undefined;
  connected.databaseConnectionPromise = undefined;
  connected.isReleased = false;
}
