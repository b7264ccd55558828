// npm run sample
//
// The world as rows: the countries of an npm package, their capitals, and what becomes of them, told to ten listeners in another
// process. Ends with 0 only if each heard exactly what it asked for, and nobody a secret.
import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { IdleTimeoutError, ModelHooks } from 'typeorm-model-hooks';
import { compare, type Fault, faultsOf, type Planned } from './comparison';
import { makeTables, newDataSource } from './data-source';
import { expectedOf } from './expectations';
import { REFUSED_ONCE, saveListeners } from './listeners';
import { startProgress } from './progress';
import { ReceiverProcess } from './receiver-process';
import { printChapters, printFaults, printListeners, readOutcomes, recordFaults } from './report';
import { type Chapter, story } from './story';
import { CANARY } from './world';

const PATIENCE_MS = 30_000;
const LOOK_AGAIN_MS = 20;

main().then(
  (faults) => {
    process.exitCode = faults.length === 0 ? 0 : 1;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);

/** Whatever goes wrong, the connections are closed and the receiver ends. Nothing else keeps this process alive. */
async function main(): Promise<readonly Fault[]> {
  const dataSource = newDataSource();
  const receiver = await ReceiverProcess.start();
  try {
    return await withTables(dataSource, () => tell(dataSource, receiver));
  } finally {
    await receiver.stop();
  }
}

async function withTables<T>(dataSource: DataSource, work: () => Promise<T>): Promise<T> {
  try {
    await dataSource.initialize();
    await makeTables(dataSource);
    return await work();
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}

async function tell(dataSource: DataSource, receiver: ReceiverProcess): Promise<readonly Fault[]> {
  // The receiver is on this machine, where by default nothing is sent.
  const hooks = await ModelHooks.attach(dataSource, {
    delivery: { recipients: 'development' },
    // An application of one's own would keep its key: this database lives no longer than the sample.
    encryptionKeys: { sample: randomBytes(32) },
  });
  const listeners = await saveListeners(hooks, receiver.url);
  await receiver.learn({
    listeners: Object.fromEntries(listeners),
    canaries: [CANARY, ...[...listeners.values()].map(({ secret }) => secret)],
    refusedOnce: REFUSED_ONCE,
  });

  const chapters = story();
  const planned = await live(chapters, dataSource, hooks);
  const receipts = await receiver.receipts();
  const comparison = compare(planned, receipts);
  const outcomes = await readOutcomes(hooks, listeners);

  printChapters(chapters, comparison.arrivals);
  printListeners(comparison.arrivals, outcomes);
  const faults = [...faultsOf(comparison, receipts), ...recordFaults(planned, outcomes)];
  printFaults(faults);
  if (faults.length === 0)
    console.log(
      `\n${receipts.length} requests, one of them refused and tried again: all signed, expected and free of secrets.`,
    );
  return faults;
}

/** Takes every step, shows how far its deliveries are, and waits for the last of them. */
async function live(
  chapters: readonly Chapter[],
  dataSource: DataSource,
  hooks: ModelHooks,
): Promise<readonly Planned[]> {
  const progress = startProgress(deliveriesOf(chapters));
  const stopCounting = hooks.on('outcome', ({ status }) => {
    if (status === 'done') progress.advance();
  });
  const planned: Planned[] = [];
  try {
    for (const chapter of chapters) {
      planned.push(...(await takeSteps(chapter, dataSource)));
      // Chapters do not get in each other's way, so that each is measured by itself.
      await quiet(hooks);
    }
    await settled(hooks);
  } finally {
    stopCounting();
    progress.stop();
  }
  return planned;
}

async function takeSteps(
  { title, steps }: Chapter,
  dataSource: DataSource,
): Promise<readonly Planned[]> {
  const planned: Planned[] = [];
  for (const { write, tells } of steps) {
    await write(dataSource);
    const committedAt = performance.timeOrigin + performance.now();
    const expected = tells.flatMap(expectedOf);
    planned.push(...expected.map((one) => ({ ...one, chapter: title, committedAt })));
  }
  return planned;
}

function deliveriesOf(chapters: readonly Chapter[]): number {
  const told = chapters.flatMap(({ steps }) => steps.flatMap(({ tells }) => tells));
  return told.flatMap(expectedOf).length;
}

/** Until nothing is left to be sent, retries of the future included: what has not arrived then never will. */
async function settled(hooks: ModelHooks): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    await quiet(hooks);
    const { events, deliveries } = await hooks.stats();
    if (events.waiting + deliveries.waiting === 0) return;
    await wait(LOOK_AGAIN_MS);
  }
}

/** What does not come to an end in time is no reason to stop: the comparison tells what is missing. */
async function quiet(hooks: ModelHooks): Promise<void> {
  try {
    await hooks.idle({ timeoutMs: PATIENCE_MS });
  } catch (error) {
    if (!(error instanceof IdleTimeoutError)) throw error;
    console.error(error.message);
  }
}
