// npm run sample [-- --serve]
//
// Writes the countries of an npm package and their capitals in eight chapters. Ten listeners in another process receive the events.
// Then a handler, a veto, a call, a schedule and a remote task answer. The exit code is 0 only if each listener received exactly what it
// asked for, no secret was sent, and each answer was right. With --serve, the admin page shows it all until Ctrl+C.
import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { IdleTimeoutError, ModelHooks } from 'typeorm-model-hooks';
import { answers } from './answers';
import { compare, type Fault, faultsOf, type Planned } from './comparison';
import { makeTables, newDataSource } from './data-source';
import { expectedOf } from './expectations';
import { REFUSED_ONCE, saveListeners } from './listeners';
import { startProgress } from './progress';
import { ReceiverProcess } from './receiver-process';
import {
  answerFaults,
  printAnswers,
  printChapters,
  printFaults,
  printListeners,
  readOutcomes,
  recordFaults,
} from './report';
import { serve } from './serve';
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

/** Closes the connections and stops the receiver, even after an error, so that the process can end. */
async function main(): Promise<readonly Fault[]> {
  const dataSource = newDataSource();
  const receiver = await ReceiverProcess.start();
  try {
    return await withTables(dataSource, () => runStory(dataSource, receiver));
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

async function runStory(
  dataSource: DataSource,
  receiver: ReceiverProcess,
): Promise<readonly Fault[]> {
  // The receiver is on this machine. The default policy sends nothing to internal addresses.
  const hooks = await ModelHooks.attach(dataSource, {
    delivery: { recipients: 'development' },
    // A real application keeps its key. This database is deleted after the sample.
    encryptionKeys: { sample: randomBytes(32) },
  });
  const listeners = await saveListeners(hooks, receiver.url);
  await receiver.learn({
    listeners: Object.fromEntries(listeners),
    canaries: [CANARY, ...[...listeners.values()].map(({ secret }) => secret)],
    refusedOnce: REFUSED_ONCE,
  });

  const chapters = story();
  const planned = await writeChapters(chapters, dataSource, hooks);
  const receipts = await receiver.receipts();
  const comparison = compare(planned, receipts);
  const outcomes = await readOutcomes(hooks, listeners);

  const given = await answers(dataSource, hooks);

  printChapters(chapters, comparison.arrivals);
  printListeners(comparison.arrivals, outcomes);
  printAnswers(given);
  const faults = [
    ...faultsOf(comparison, receipts),
    ...recordFaults(planned, outcomes),
    ...answerFaults(given),
  ];
  printFaults(faults);
  if (faults.length === 0)
    console.log(
      `\n${receipts.length} requests, one of them refused and retried: all signed, expected and free of secrets.`,
    );
  if (process.argv.includes('--serve')) await serve(hooks);
  return faults;
}

/** Writes all steps, shows the progress of their deliveries and waits for the last one. */
async function writeChapters(
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
      planned.push(...(await writeSteps(chapter, dataSource)));
      // Each chapter waits for its deliveries, so that the latencies of chapters do not mix.
      await untilIdle(hooks);
    }
    await untilAllSent(hooks);
  } finally {
    stopCounting();
    progress.stop();
  }
  return planned;
}

async function writeSteps(
  { title, steps }: Chapter,
  dataSource: DataSource,
): Promise<readonly Planned[]> {
  const planned: Planned[] = [];
  for (const { write, changes } of steps) {
    await write(dataSource);
    const committedAt = performance.timeOrigin + performance.now();
    const expected = changes.flatMap(expectedOf);
    planned.push(...expected.map((one) => ({ ...one, chapter: title, committedAt })));
  }
  return planned;
}

function deliveriesOf(chapters: readonly Chapter[]): number {
  const all = chapters.flatMap(({ steps }) => steps.flatMap(({ changes }) => changes));
  return all.flatMap(expectedOf).length;
}

/** Waits until nothing is left to send, including future retries. Nothing arrives after that. */
async function untilAllSent(hooks: ModelHooks): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    await untilIdle(hooks);
    const { events, deliveries } = await hooks.stats();
    if (events.waiting + deliveries.waiting === 0) return;
    await wait(LOOK_AGAIN_MS);
  }
}

/** Waits until the deliveries of this process have ended. A time-out does not stop the sample: the comparison reports what is missing. */
async function untilIdle(hooks: ModelHooks): Promise<void> {
  try {
    await hooks.idle({ timeoutMs: PATIENCE_MS });
  } catch (error) {
    if (!(error instanceof IdleTimeoutError)) throw error;
    console.error(error.message);
  }
}
