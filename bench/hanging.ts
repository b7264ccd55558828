import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { attach, connectHooked, withDatabase } from './application';
import { atLeast, explains, type Figure, rounded } from './figure';
import type { Arrivals } from './hanging/endpoints';
import { startLoad } from './hanging/load';
import { ALL, type Endpoint, HEALTHY } from './hanging/population';
import { Payment } from './match/payment';
import { nowMs, quantile } from './numbers';
import { answer } from './receiver';

/** Payments per second for each endpoint. One process saves and sends them, as in a small application. */
const PER_ENDPOINT_PER_SECOND = 0.5;
const WARM_UP_SECONDS = { alone: 10, among: 60 };
const SECONDS = 20;

interface Phase extends Arrivals {
  /** Requests to the healthy endpoints. */
  readonly perSecond: number;
  readonly seconds: number;
}

/** The rate of a hundred healthy endpoints while nine hundred others hang, relative to their rate alone. */
export async function hanging(): Promise<readonly Figure[]> {
  const endpoints = fork(require.resolve('./hanging/endpoints'));
  try {
    const port = await answer<number>(endpoints);
    const phase = (listened: readonly Endpoint[], warmUpSeconds: number) =>
      withDatabase((url) => measured(url, { listened, warmUpSeconds, port, endpoints }));
    // Before and after, so that a slow phase of the machine slows both.
    const before = await phase(HEALTHY, WARM_UP_SECONDS.alone);
    const among = await phase(ALL, WARM_UP_SECONDS.among);
    const after = await phase(HEALTHY, WARM_UP_SECONDS.alone);
    return figures([before, after], among);
  } finally {
    await letGo(endpoints);
  }
}

interface Setting {
  readonly listened: readonly Endpoint[];
  readonly warmUpSeconds: number;
  /** The process of all endpoints. */
  readonly port: number;
  /** The process of the endpoints. */
  readonly endpoints: ChildProcess;
}

async function measured(url: string, setting: Setting): Promise<Phase> {
  const { listened, warmUpSeconds, port, endpoints } = setting;
  const dataSource = await connectHooked(url, Payment);
  const hooks = await attach(dataSource);
  const builders = listened.map(({ host, account }) =>
    hooks.for(Payment).listener(`http://${host}:${port}/hook`).match({ account }),
  );
  await hooks.listeners.saveMany(builders);
  const load = startLoad(dataSource.getRepository(Payment), listened, offered(listened));
  await sleep(warmUpSeconds * 1_000);
  await take(endpoints);
  const startedAt = nowMs();
  await sleep(SECONDS * 1_000);
  const arrivals = await take(endpoints);
  const seconds = (nowMs() - startedAt) / 1_000;
  await load.stop();
  await dataSource.destroy();
  return { ...arrivals, seconds, perSecond: arrivals.agesMs.length / seconds };
}

function offered(endpoints: readonly Endpoint[]): number {
  return endpoints.length * PER_ENDPOINT_PER_SECOND;
}

function take(endpoints: ChildProcess): Promise<Arrivals> {
  const taken = answer<Arrivals>(endpoints);
  endpoints.send('take');
  return taken;
}

async function letGo(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.disconnect();
  await ended;
}

function figures(alone: readonly Phase[], among: Phase): readonly Figure[] {
  const rates = alone.map(({ perSecond }) => perSecond);
  const rate = rates.reduce((sum, one) => sum + one, 0) / rates.length;
  return [
    atLeast(0.9, among.perSecond / rate, {
      figure: '900 of 1,000 endpoints hang: rate of the others, against alone',
      unit: '×',
      note:
        `${rounded(among.perSecond)} against ${rates.map(rounded).join(' and ')} a second, over ${SECONDS} s after ` +
        `${WARM_UP_SECONDS.among} s; ${PER_ENDPOINT_PER_SECOND} events a second for each endpoint, ${offered(ALL)} in all`,
    }),
    explains(
      '900 of 1,000 endpoints hang: save() to receipt of the others, p50 / p99',
      ages(among),
      `alone ${alone.map(ages).join(' and ')}; requests to those that hang: ${rounded(among.hung / among.seconds)} a second`,
    ),
  ];
}

function ages({ agesMs }: Phase): string {
  return `${rounded(quantile(agesMs, 0.5))} / ${rounded(quantile(agesMs, 0.99))} ms`;
}
