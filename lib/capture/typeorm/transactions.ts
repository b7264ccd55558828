import type { DataSource, QueryRunner } from 'typeorm';
import { dataSourceOf } from './data-source-of';

/** Learns of the transactions of a DataSource. TypeORM waits for the promises. */
export interface TransactionReceiver {
  beforeTransactionCommit(runner: QueryRunner): Promise<void> | undefined;
  beforeTransactionRollback(runner: QueryRunner): Promise<void> | undefined;
  afterTransactionCommit(runner: QueryRunner): void;
  afterTransactionRollback(runner: QueryRunner): void;
}

const receivers = new WeakMap<DataSource, TransactionReceiver>();
const patched = new WeakSet<object>();

/**
 * Reports transactions before the subscribers of the application see them. The receiver is no member of `dataSource.subscribers`, whose
 * positions and number belong to the application.
 */
export function receiveTransactions(dataSource: DataSource, receiver: TransactionReceiver): void {
  receivers.set(dataSource, receiver);
  patchBroadcaster(Object.getPrototypeOf(dataSource.createQueryRunner().broadcaster));
}

export function stopReceivingTransactions(
  dataSource: DataSource,
  receiver: TransactionReceiver,
): void {
  if (receivers.get(dataSource) === receiver) receivers.delete(dataSource);
}

interface Broadcaster {
  readonly queryRunner: QueryRunner;
}
interface BroadcasterResult {
  readonly promises: Promise<unknown>[];
}
type Broadcast = (this: Broadcaster, result: BroadcasterResult, ...args: unknown[]) => void;

const EVENTS = [
  'beforeTransactionCommit',
  'beforeTransactionRollback',
  'afterTransactionCommit',
  'afterTransactionRollback',
] as const satisfies readonly (keyof TransactionReceiver)[];

/** The broadcasters of all DataSources share their methods, so one that is not attached passes through. */
function patchBroadcaster(broadcasts: Record<string, Broadcast>): void {
  if (patched.has(broadcasts)) return;
  patched.add(broadcasts);
  for (const event of EVENTS) {
    const name = `broadcast${event.charAt(0).toUpperCase()}${event.slice(1)}Event`;
    const broadcast = broadcasts[name] as Broadcast;
    broadcasts[name] = function (result, ...args): void {
      const { queryRunner } = this;
      const done = receivers.get(dataSourceOf(queryRunner))?.[event](queryRunner);
      if (done) result.promises.push(done);
      broadcast.call(this, result, ...args);
    };
  }
}
