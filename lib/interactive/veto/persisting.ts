import { AsyncLocalStorage } from 'node:async_hooks';
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
const calls = new AsyncLocalStorage<Call>();

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

/** Whether a statement on this runner is a part of a call of which each row was asked about. */
export function isPersisting(runner: QueryRunner | undefined): boolean {
  return runner !== undefined && calls.getStore()?.runner === runner;
}

/** A call without a runner gets one from us, so that its connection can be given back while a question is open. */
function patchPersist(prototype: Persist): void {
  if (patched.has(prototype)) return;
  patched.add(prototype);
  const { execute } = prototype;
  prototype.execute = function (this: Persist): Promise<void> {
    const dataSource = this.dataSource ?? this.connection;
    if (!receivers.has(dataSource)) return execute.call(this);
    const run = () => execute.call(this);
    const executors = new Set<Executor>();
    if (this.queryRunner)
      return calls.run({ runner: this.queryRunner, isOwnRunner: false, executors }, run);
    const runner = dataSource.createQueryRunner();
    this.queryRunner = runner;
    return calls.run({ runner, isOwnRunner: true, executors }, run).finally(() => runner.release());
  };
}

function patchExecutor(prototype: Executor): void {
  if (patched.has(prototype)) return;
  patched.add(prototype);
  const { recompute, execute } = prototype;
  const running = new WeakSet<Executor>();
  // The constructor calls it when it knows what will be written.
  prototype.recompute = function (this: Executor): void {
    recompute.call(this);
    if (!running.has(this)) calls.getStore()?.executors.add(this);
  };
  prototype.execute = function (this: Executor): Promise<void> {
    running.add(this);
    // In a transaction of the caller, all chunks of the call are asked about before the first one is written.
    const answered = askOf(this.queryRunner);
    return answered ? answered.then(() => execute.call(this)) : execute.call(this);
  };
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
    const answered = askOf(this);
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

/** Asks about what the call that runs is going to write on this runner. Undefined if nothing is to be asked. */
function askOf(runner: QueryRunner): Promise<void> | undefined {
  const call = calls.getStore();
  if (call?.runner !== runner || call.executors.size === 0) return undefined;
  const executors = [...call.executors];
  call.executors.clear();
  const receiver = receivers.get(dataSourceOf(runner));
  const writes = executors
    .flatMap(writesOf)
    .filter(({ subject }) => receiver?.concerns(subject.metadata));
  if (!receiver || writes.length === 0) return undefined;
  if (!call.isOwnRunner || runner.isTransactionActive) return receiver.ask(writes, true);
  return giveBack(runner).then(() => receiver.ask(writes, false));
}

function writesOf(executor: Executor): readonly PlannedWrite[] {
  const { insertSubjects, updateSubjects, removeSubjects, softRemoveSubjects, recoverSubjects } =
    executor;
  const writes = [
    ...planned('insert', insertSubjects),
    ...planned('update', updateSubjects),
    ...planned('remove', removeSubjects.filter(exists)),
    ...planned('softRemove', softRemoveSubjects),
    ...planned('recover', recoverSubjects),
  ];
  return [...writes, ...planned('update', ownersOf(writes))];
}

function planned(operation: Operation, subjects: readonly Subject[]): readonly PlannedWrite[] {
  return subjects.map((subject) => ({ operation, subject }));
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
