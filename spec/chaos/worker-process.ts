import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { type AttachOptions, type Logger, ModelHooks } from '../../lib';
import { newDataSource } from '../support/application/application';
import { pick, randomFrom } from '../support/values/random';
import { LedgerEntry, Parcel, SHIPPED } from './entities';
import { ATTACH, FROZEN_MS } from './leases';
import { Pen } from './pen';
import { STORIES, type Told } from './stories';

/** What a worker is started with, as JSON in its first argument. */
export interface WorkerOptions {
  readonly url: string;
  /** Unlike that of any other worker, before or after it. */
  readonly name: string;
  readonly seed: number;
  /** Between two transactions of a lane, on average. */
  readonly pauseMs: number;
  /** Transactions it writes at once; with none it only delivers. */
  readonly lanes: number;
  readonly dispatcher: 'default' | 'inline';
}

/** Write no more; do nothing at all for `FROZEN_MS`; end. */
export type WorkerCommand = 'rest' | 'freeze' | 'end';

export type WorkerMessage =
  /** It is attached: it delivers. */
  | { readonly kind: 'ready' }
  | ({ readonly kind: 'wrote' } & Told)
  /** A transaction ended with an error; whether it committed, only the ledger knows. */
  | { readonly kind: 'unanswered'; readonly reason: string }
  | { readonly kind: 'logged'; readonly message: string }
  /** It was told to rest, and writes no more. */
  | { readonly kind: 'resting' };

const BREATH_MS = 100;

let isResting = false;

async function main(options: WorkerOptions): Promise<void> {
  const { url, name, seed, pauseMs, lanes, dispatcher } = options;
  const random = randomFrom(seed);
  const dataSource = newDataSource(url, { entities: [Parcel, LedgerEntry] });
  const { hooks } = await attached(dataSource, { ...ATTACH, dispatcher, logger: LOGGER });
  const write = async (lane: number): Promise<void> => {
    const pen = new Pen(hooks, `${name}.${lane}`, random);
    while (!isResting) {
      tell(await told(pen, dataSource));
      await sleep(random() * 2 * pauseMs);
    }
  };
  const writing = Promise.all(Array.from({ length: lanes }, (_, lane) => write(lane)));
  process.on('message', async (command: WorkerCommand) => {
    if (command === 'freeze') return freeze();
    isResting = true;
    await writing;
    if (command === 'rest') return tell({ kind: 'resting' });
    await dataSource.destroy();
    process.disconnect();
  });
  tell({ kind: 'ready' });
}

/** Like a machine that was suspended: no timer rings, no reply is read. A signal would leave it stopped, were the supervisor killed. */
function freeze(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FROZEN_MS);
}

/** Like any application, tries until its database is there. */
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
      tell({ kind: 'logged', message: `It could not start: ${messageOf(error)}` });
      await sleep(BREATH_MS);
    }
  }
}

async function told(pen: Pen, dataSource: DataSource): Promise<WorkerMessage> {
  try {
    return { kind: 'wrote', ...(await pick(STORIES, pen.random)(pen, dataSource)) };
  } catch (error) {
    await sleep(BREATH_MS);
    return { kind: 'unanswered', reason: messageOf(error) };
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
  tell({ kind: 'logged', message: message + why });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function tell(message: WorkerMessage): void {
  if (process.connected) process.send?.(message);
}

if (process.send) {
  // The supervisor is gone, or has let it go.
  process.once('disconnect', () => process.exit());
  void main(JSON.parse(process.argv[2] ?? '{}'));
}
