import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { type AttachOptions, type Logger, ModelHooks } from '../../lib';
import { newDataSource } from '../support/application/application';
import { pick, randomFrom } from '../support/values/random';
import { LedgerEntry, Parcel, SHIPPED } from './entities';
import { ATTACH, FROZEN_MS } from './leases';
import { TRANSACTIONS, type Written } from './transactions';
import { Writer } from './writer';

/** The options of a worker, given as JSON in its first argument. */
export interface WorkerOptions {
  readonly url: string;
  /** Unique among all workers of the run. */
  readonly name: string;
  readonly seed: number;
  /** Average time between two transactions of a lane. */
  readonly pauseMs: number;
  /** Number of concurrent transactions. With 0 the worker only delivers. */
  readonly lanes: number;
  readonly dispatcher: 'default' | 'inline';
}

/** `rest` stops the writing, `freeze` blocks the process for `FROZEN_MS`, and `end` ends it. */
export type WorkerCommand = 'rest' | 'freeze' | 'end';

export type WorkerMessage =
  /** The worker is attached and delivers. */
  | { readonly kind: 'ready' }
  | ({ readonly kind: 'wrote' } & Written)
  /** A transaction ended with an error. Only the ledger shows whether it committed. */
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'logged'; readonly message: string }
  /** The worker has stopped writing. */
  | { readonly kind: 'resting' };

const BREATH_MS = 100;

let isResting = false;

async function main(options: WorkerOptions): Promise<void> {
  const { url, name, seed, pauseMs, lanes, dispatcher } = options;
  const random = randomFrom(seed);
  const dataSource = newDataSource(url, { entities: [Parcel, LedgerEntry] });
  const { hooks } = await attached(dataSource, { ...ATTACH, dispatcher, logger: LOGGER });
  const write = async (lane: number): Promise<void> => {
    const writer = new Writer(hooks, `${name}.${lane}`, random);
    while (!isResting) {
      report(await writeOne(writer, dataSource));
      await sleep(random() * 2 * pauseMs);
    }
  };
  const writing = Promise.all(Array.from({ length: lanes }, (_, lane) => write(lane)));
  process.on('message', async (command: WorkerCommand) => {
    if (command === 'freeze') return freeze();
    isResting = true;
    await writing;
    if (command === 'rest') return report({ kind: 'resting' });
    await dataSource.destroy();
    process.disconnect();
  });
  report({ kind: 'ready' });
}

/** Blocks the process like a suspended machine. A signal would leave it stopped if the supervisor were killed. */
function freeze(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FROZEN_MS);
}

/** Attaches, and retries until the database is available. */
async function attached(
  dataSource: DataSource,
  options: AttachOptions,
): Promise<{ readonly hooks: ModelHooks }> {
  for (;;) {
    try {
      if (!dataSource.isInitialized) await dataSource.initialize();
      const hooks = await ModelHooks.attach(dataSource, options);
      hooks.define(SHIPPED, { provides: ['mark', 'colour'] });
      return { hooks };
    } catch (error) {
      report({ kind: 'logged', message: `The worker could not start: ${messageOf(error)}` });
      await sleep(BREATH_MS);
    }
  }
}

async function writeOne(writer: Writer, dataSource: DataSource): Promise<WorkerMessage> {
  try {
    return { kind: 'wrote', ...(await pick(TRANSACTIONS, writer.random)(writer, dataSource)) };
  } catch (error) {
    await sleep(BREATH_MS);
    return { kind: 'failed', reason: messageOf(error) };
  }
}

const LOGGER: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: log,
  error: log,
};

function log(message: string, facts: Readonly<Record<string, unknown>> = {}): void {
  const why = facts.error === undefined ? '' : ` (${messageOf(facts.error)})`;
  report({ kind: 'logged', message: message + why });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function report(message: WorkerMessage): void {
  if (process.connected) process.send?.(message);
}

if (process.send) {
  // The supervisor has ended or has released this process.
  process.once('disconnect', () => process.exit());
  void main(JSON.parse(process.argv[2] ?? '{}'));
}
