import { AsyncLocalStorage } from 'node:async_hooks';
import type { DataSource, QueryRunner } from 'typeorm';
import { dataSourceOf } from './data-source-of';
import {
  insertReport,
  removeReport,
  updateReport,
  type WriteReceiver,
  type WriteReport,
} from './write-report';

type Receivers = readonly Partial<WriteReceiver>[];

const receiversOf = new WeakMap<DataSource, Receivers>();

/**
 * Reports the writes of a DataSource to `receivers`, before its own listeners and subscribers: if one of those throws and the caller
 * still commits, the receivers have already seen the row. They are no members of `dataSource.subscribers`, whose positions and number
 * belong to the application, and whose before-hooks make TypeORM compute the changes of an entity twice.
 */
export function receiveWrites(dataSource: DataSource, receivers: Receivers): void {
  receiversOf.set(dataSource, receivers);
  patchBroadcaster(Object.getPrototypeOf(dataSource.createQueryRunner().broadcaster));
  patchManager(managerPrototype(dataSource));
}

/** Ends what `receiveWrites` began, unless other receivers took over. */
export function stopReceiving(dataSource: DataSource, receivers: Receivers): void {
  if (receiversOf.get(dataSource) === receivers) receiversOf.delete(dataSource);
}

/** Set inside a `save()` or `remove()` with `listeners: false`, which leaves out the application's listeners and subscribers. */
const withoutListeners = new AsyncLocalStorage<boolean>();
const patched = new WeakSet<object>();

interface Broadcaster {
  readonly queryRunner: QueryRunner;
}
interface BroadcasterResult {
  readonly promises: Promise<unknown>[];
}
type Broadcast = (this: Broadcaster, result: BroadcasterResult, ...args: unknown[]) => void;
type Broadcasts = Record<string, Broadcast>;

type ReportOf = (runner: QueryRunner, args: readonly unknown[]) => WriteReport;
type WriteEvent = Exclude<keyof WriteReceiver, keyof typeof TRANSACTIONS>;

const WRITES: Readonly<Record<WriteEvent, ReportOf>> = {
  beforeInsert: insertReport,
  afterInsert: insertReport,
  beforeUpdate: updateReport,
  afterUpdate: updateReport,
  beforeRemove: removeReport,
  afterRemove: removeReport,
  beforeSoftRemove: removeReport,
  afterSoftRemove: removeReport,
  beforeRecover: removeReport,
  afterRecover: removeReport,
};
const TRANSACTIONS = {
  beforeTransactionCommit: true,
  beforeTransactionRollback: true,
  afterTransactionCommit: true,
  afterTransactionRollback: true,
} as const;

/** The broadcasters of all DataSources share their methods, so one that is not attached passes through. */
function patchBroadcaster(broadcasts: Broadcasts): void {
  if (patched.has(broadcasts)) return;
  patched.add(broadcasts);
  for (const [event, reportOf] of Object.entries(WRITES))
    patchWrite(broadcasts, event as WriteEvent, reportOf);
  for (const event of Object.keys(TRANSACTIONS))
    patchTransaction(broadcasts, event as keyof typeof TRANSACTIONS);
}

function patchWrite(broadcasts: Broadcasts, event: WriteEvent, reportOf: ReportOf): void {
  const name = broadcastName(event);
  const broadcast = broadcasts[name] as Broadcast;
  broadcasts[name] = function (result, ...args): void {
    const { queryRunner } = this;
    const receivers = receiversOf.get(dataSourceOf(queryRunner));
    if (receivers) {
      const report = reportOf(queryRunner, args);
      for (const receiver of receivers) waitFor(result, receiver[event]?.(report));
    }
    if (!withoutListeners.getStore()) broadcast.call(this, result, ...args);
  };
}

function patchTransaction(broadcasts: Broadcasts, event: keyof typeof TRANSACTIONS): void {
  const name = broadcastName(event);
  const broadcast = broadcasts[name] as Broadcast;
  broadcasts[name] = function (result, ...args): void {
    const { queryRunner } = this;
    for (const receiver of receiversOf.get(dataSourceOf(queryRunner)) ?? [])
      waitFor(result, receiver[event]?.(queryRunner));
    withListeners(() => broadcast.call(this, result, ...args));
  };
}

function waitFor({ promises }: BroadcasterResult, done: Promise<void> | undefined): void {
  if (done) promises.push(done);
}

function broadcastName(event: string): string {
  return `broadcast${event.charAt(0).toUpperCase()}${event.slice(1)}Event`;
}

const PERSISTING = ['save', 'remove', 'softRemove', 'recover'] as const;
type Persist = (this: unknown, ...args: unknown[]) => Promise<unknown>;
type Manager = Record<(typeof PERSISTING)[number], Persist>;

/** The methods of the class: an application may have assigned its own to one manager. */
function managerPrototype({ manager }: DataSource): Manager {
  let prototype: object = Object.getPrototypeOf(manager);
  while (!Object.hasOwn(prototype, 'save')) prototype = Object.getPrototypeOf(prototype);
  return prototype as Manager;
}

/**
 * TypeORM broadcasts nothing for `{ listeners: false }`. A hook is no listener of the application's: its events are part of the write.
 * So such a write is broadcast, but to the receivers alone.
 */
function patchManager(manager: Manager): void {
  if (patched.has(manager)) return;
  patched.add(manager);
  for (const name of PERSISTING) {
    const persist = manager[name];
    manager[name] = function (...args): Promise<unknown> {
      const place = isTarget(args[0]) && args.length > 1 ? 2 : 1;
      const options = args[place] as { readonly listeners?: boolean } | undefined;
      if (options?.listeners !== false) return withListeners(() => persist.apply(this, args));
      const broadcast = args.with(place, { ...options, listeners: true });
      return withoutListeners.run(true, () => persist.apply(this, broadcast));
    };
  }
}

/** The application's own code, run by a write without listeners, has its listeners again. */
function withListeners<T>(fn: () => T): T {
  return withoutListeners.getStore() ? withoutListeners.run(false, fn) : fn();
}

/** As TypeORM distinguishes `save(Person, person)` from `save(person)`. */
function isTarget(value: unknown): boolean {
  if (typeof value === 'function' || typeof value === 'string') return true;
  return typeof value === 'object' && value !== null && '@instanceof' in value;
}
