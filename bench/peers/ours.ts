import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { DataSource } from 'typeorm';
import type { AttachOptions } from 'typeorm-model-hooks';
import { bullmq } from 'typeorm-model-hooks/bullmq';
import { attach, connectHooked } from '../application';
import { type CustomerClass, HookedCustomer } from '../customers';
import { cpuMs } from '../numbers';
import { answer } from '../receiver';
import type { Kind, Order } from './contender';
import { Counting } from './counting';

const REDIS = { host: '127.0.0.1', port: 6379 };

export const PEER_WORKER = 'peer-worker';

/** An application whose events are carried to a receiver. */
export interface Carried {
  readonly dataSource: DataSource;
  readonly entity: CustomerClass;
  /** This number of events follows. */
  expect(events: number): void;
  /** Resolves when all events have ended. */
  ended(): Promise<void>;
  /** Processor time of further processes. */
  cpuMs(): Promise<number>;
  stop(): Promise<void>;
}

export async function ours({ kind, url, receiverUrl, listeners }: Order): Promise<Carried> {
  const dataSource = await connectHooked(url, HookedCustomer);
  const worker = kind === 'worker' ? await startWorker(url) : null;
  const hooks = await attach(dataSource, optionsOf(kind));
  const hook = hooks.for(HookedCustomer);
  const others = Array.from({ length: listeners - 1 }, (_, n) =>
    hook.listener(`${receiverUrl}?${n}`).match({ city: `City ${n}` }),
  );
  for (const other of others) await other.save();
  await hook.listener(receiverUrl).save();
  const counting = new Counting();
  hooks.on('outcome', () => counting.count());
  let ended: Promise<unknown> = Promise.resolve();
  return {
    dataSource,
    entity: HookedCustomer,
    expect: (events) => {
      counting.expect(events);
      ended = worker ? told(worker, events) : counting.ended;
    },
    ended: async () => {
      await ended;
    },
    cpuMs: () => (worker ? told<number>(worker, 'cpu') : Promise.resolve(0)),
    stop: async () => {
      await hooks.detach();
      if (worker) await stopped(worker);
      await dataSource.destroy();
    },
  };
}

function optionsOf(kind: Kind): AttachOptions {
  if (kind === 'worker') return { work: false };
  if (kind === 'bullmq') return { dispatcher: bullmq({ connection: REDIS, queue: randomUUID() }) };
  if (kind === 'triggers') return { capture: 'triggers', installTriggers: true };
  return {};
}

async function startWorker(url: string): Promise<ChildProcess> {
  const child = fork(require.resolve('../main'), [PEER_WORKER, url]);
  await answer(child);
  return child;
}

/** Sends a message, and returns the answer. */
function told<T>(child: ChildProcess, message: number | 'cpu'): Promise<T> {
  const answered = answer<T>(child);
  child.send(message);
  return answered;
}

async function stopped(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.disconnect();
  await exited;
}

/** The process that sends, where the application only captures. */
export async function peerWorker(url: string): Promise<void> {
  const dataSource = await connectHooked(url, HookedCustomer);
  const hooks = await attach(dataSource, { work: false });
  await hooks.work();
  const counting = new Counting();
  hooks.on('outcome', () => counting.count());
  process.on('message', async (message: number | 'cpu') => {
    if (message === 'cpu') return process.send?.(cpuMs());
    counting.expect(message);
    await counting.ended;
    return process.send?.('ended');
  });
  process.on('disconnect', async () => {
    await hooks.detach();
    await dataSource.destroy();
    process.exit();
  });
  process.send?.('ready');
}
