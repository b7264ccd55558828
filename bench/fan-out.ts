import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { DataSource } from 'typeorm';
import { connectHooked, withDatabase } from './application';
import { HookedCustomer } from './customers';
import { instantEngine } from './fan-out/parts';
import { atLeast, atMost, explains, type Figure, rounded } from './figure';
import { cpuMs, median, nowMs, quantile } from './numbers';
import { BYTES_A_MEGABYTE, watchResident } from './resident';

const LISTENERS = 100_000;
const ROUNDS = 9;
const STOP_MS = 1_000;

interface Round {
  readonly planMs: number;
  /** Time from the plan until the last outcome is stored. */
  readonly recordMs: number;
  /** CPU time of this process during the whole round. */
  readonly cpuMs: number;
  readonly grownMb: number;
  /** Growth of the used heap, measured after a garbage collection half-way. Null if it was not measured. */
  readonly liveMb: number | null;
}

/** One event with very many listeners and a sender that does nothing: the cost of planning, claiming, reading and recording. */
export async function fanOut(): Promise<readonly Figure[]> {
  return withDatabase(async (url) => {
    await prepare(url);
    const dataSource = await connectHooked(url, HookedCustomer);
    const first = await round(dataSource, 'probed');
    const rounds: Round[] = [];
    for (let n = 0; n < ROUNDS; n += 1) rounds.push(await round(dataSource));
    await dataSource.destroy();
    return figures(first, rounds);
  });
}

/** Stores the listeners and the event in another process. */
async function prepare(url: string): Promise<void> {
  const child = fork(require.resolve('./fan-out/prepare'), [url, String(LISTENERS)]);
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`Storing the listeners ended with ${code}.`);
}

async function round(dataSource: DataSource, kind: 'timed' | 'probed' = 'timed'): Promise<Round> {
  await dataSource.query('TRUNCATE model_hook_chunk, model_hook_delivery');
  await dataSource.query('UPDATE model_hook_event SET planned_at = NULL');
  await dataSource.query('CHECKPOINT');
  const inUse = heapInUse();
  const resident = watchResident();
  const cpuAtStart = cpuMs();
  let liveMb: number | null = null;
  const times = await tell(dataSource, () => {
    if (kind === 'probed') liveMb = (heapInUse() - inUse) / BYTES_A_MEGABYTE;
  });
  const used = cpuMs() - cpuAtStart;
  const grownMb = resident.stop();
  await checkDone(dataSource);
  return { ...times, cpuMs: used, grownMb, liveMb };
}

function heapInUse(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

/** Plans the stored event and records its outcomes. */
async function tell(
  dataSource: DataSource,
  halfway: () => void,
): Promise<Pick<Round, 'planMs' | 'recordMs'>> {
  const at = { planning: 0, planned: 0 };
  let finish = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let left = LISTENERS;
  const engine = instantEngine(dataSource, {
    planning: () => {
      if (at.planned === 0) at.planning = nowMs();
    },
    planned: () => {
      at.planned = nowMs();
    },
    recorded: (count) => {
      if (left > LISTENERS / 2 && left - count <= LISTENERS / 2) halfway();
      left -= count;
      if (left === 0) finish();
    },
  });
  await engine.start();
  await finished;
  const times = { planMs: at.planned - at.planning, recordMs: nowMs() - at.planned };
  await engine.stop(STOP_MS);
  return times;
}

async function checkDone(dataSource: DataSource): Promise<void> {
  const [row] = await dataSource.query<{ done: number; chunks: number }[]>(
    `SELECT (SELECT count(*)::int FROM model_hook_delivery WHERE status = 'done') AS done,
       (SELECT count(*)::int FROM model_hook_chunk) AS chunks`,
  );
  if (row?.done !== LISTENERS || row.chunks > 0)
    throw new Error(`${row?.done} of ${LISTENERS} were recorded, ${row?.chunks} chunks are left.`);
}

function figures(first: Round, rounds: readonly Round[]): readonly Figure[] {
  const of = (value: (round: Round) => number) => rounds.map(value);
  const rates = of(({ recordMs }) => (LISTENERS / recordMs) * 1_000);
  const grown = of(({ grownMb }) => grownMb);
  const plans = of(({ planMs }) => planMs);
  const cpu = median(of((round) => (round.cpuMs * 1_000) / LISTENERS));
  return [
    atLeast(40_000, median(rates), {
      figure: 'one event, 100,000 listeners: recorded',
      unit: ' outcomes/s',
      note: `${spread(rates)}; of the process's CPU ${rounded(cpu)} µs a delivery, planning included`,
    }),
    atMost(64, Math.max(...grown), {
      figure: 'one event, 100,000 listeners: resident memory',
      unit: ' MB',
      note:
        `the most of ${ROUNDS} rounds, each after a collection; median ${rounded(median(grown))} MB, ` +
        `the first of the process ${rounded(first.grownMb)} MB, of which half-way ${rounded(first.liveMb ?? Number.NaN)} MB in use`,
    }),
    explains(
      'one event, 100,000 listeners: planned',
      `${rounded(median(plans))} ms`,
      `${spread(plans)}; the first of the process ${rounded(first.planMs)}`,
    ),
  ];
}

function spread(values: readonly number[]): string {
  return `${ROUNDS} rounds, p10 ${rounded(quantile(values, 0.1))}, p90 ${rounded(quantile(values, 0.9))}`;
}
