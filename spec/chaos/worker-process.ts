import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import {
  type AttachOptions,
  BackgroundResponse,
  type HandlerFunction,
  ModelHooks,
} from '../../lib';
import { newDataSource } from '../support/application/application';
import { type Random, randomFrom } from '../support/values/random';
import { EXACTLY_ONCE, HandledEntry, LedgerEntry, Parcel, SHIPPED } from './entities';
import { ATTACH, FROZEN_MS } from './leases';
import {
  BREATH_MS,
  messageOf,
  REPORTING_LOGGER,
  report,
  type WriterMessage,
  Writing,
  type WritingOptions,
} from './writing';

/** The options of a worker, given as JSON in its first argument. With 0 lanes it only delivers. */
export interface WorkerOptions extends WritingOptions {
  readonly url: string;
  readonly seed: number;
  readonly dispatcher: 'default' | 'inline';
}

/** `rest` stops the writing, `freeze` blocks the process for `FROZEN_MS`, and `end` ends it. */
export type WorkerCommand = 'rest' | 'freeze' | 'end';

export type WorkerMessage =
  | WriterMessage
  /** The worker is attached and delivers. */
  | { readonly kind: 'ready' }
  /** The worker has stopped writing. */
  | { readonly kind: 'resting' };

async function main(options: WorkerOptions): Promise<void> {
  const { url, seed, dispatcher } = options;
  const dataSource = newDataSource(url, { entities: [Parcel, LedgerEntry, HandledEntry] });
  const random = randomFrom(seed);
  const { hooks } = await attached(dataSource, random, {
    ...ATTACH,
    dispatcher,
    logger: REPORTING_LOGGER,
  });
  const writing = new Writing(dataSource, hooks, random);
  writing.start(options);
  process.on('message', async (command: WorkerCommand) => {
    if (command === 'freeze') return freeze();
    await writing.stop();
    if (command === 'rest') return report<WorkerMessage>({ kind: 'resting' });
    await dataSource.destroy();
    process.disconnect();
  });
  report<WorkerMessage>({ kind: 'ready' });
}

/** Blocks the process like a suspended machine. A signal would leave it stopped if the supervisor were killed. */
function freeze(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FROZEN_MS);
}

/** Attaches, and retries until the database is available. */
async function attached(
  dataSource: DataSource,
  random: Random,
  options: AttachOptions,
): Promise<{ readonly hooks: ModelHooks }> {
  for (;;) {
    try {
      if (!dataSource.isInitialized) await dataSource.initialize();
      const hooks = await ModelHooks.attach(dataSource, options);
      hooks.define(SHIPPED, { provides: ['mark', 'colour'] });
      hooks.handler(EXACTLY_ONCE, handling(random));
      return { hooks };
    } catch (error) {
      report({ kind: 'logged', message: `The worker could not start: ${messageOf(error)}` });
      await sleep(BREATH_MS);
    }
  }
}

/** Writes a row in the transaction of the outcome, slowly, and sometimes fails after that. */
function handling(random: Random): HandlerFunction {
  return ({ name, data }, { deliveryId: delivery, transaction }) =>
    transaction(async (manager) => {
      const mark = String(data.mark);
      await manager.insert(HandledEntry, { delivery, event: name, mark });
      await sleep(random() * 20);
      if (random() < 0.02) throw new Error('The handler fails.');
      return BackgroundResponse.done();
    });
}

if (process.send) {
  // The supervisor has ended or has released this process.
  process.once('disconnect', () => process.exit());
  void main(JSON.parse(process.argv[2] ?? '{}'));
}
