import { withDatabase } from './application';
import { atLeast, explains, type Figure, rounded } from './figure';
import { batches, eventsIn } from './match/batches';
import type { Order } from './match/filling';
import { Population } from './match/population';
import { count, singles } from './match/singles';
import { median, quantile } from './numbers';
import { watchResident } from './resident';

/** `BENCH_SCALE=small` is for a trial in less than a minute. Its figures are not meaningful. */
const IS_SMALL = process.env.BENCH_SCALE === 'small';
const SIZES = IS_SMALL
  ? ([100, 1_000, 5_000, 10_000, 20_000] as const)
  : ([100, 1_000, 10_000, 100_000, 1_000_000] as const);
const [, , , LARGE, LARGEST] = SIZES;
const WARM_UP_SINGLES = 300;
const SINGLES = IS_SMALL ? 300 : 3_000;
const WARM_UP_BATCHES = 3;
const BATCHES = IS_SMALL ? 4 : 20;

/** Time to find the one listener that wants an event, among a hundred to a million listeners. */
export async function match(): Promise<readonly Figure[]> {
  return withDatabases(SIZES.length, async (urls) => {
    const populations: Population[] = [];
    for (const [n, size] of SIZES.entries())
      populations.push(await Population.of(orderFor(size, urls[n] ?? '')));
    for (const population of populations) await population.settle();
    const figures = [...(await matching(populations)), ...saving(populations)];
    for (const { dataSource } of populations) await dataSource.destroy();
    return figures;
  });
}

async function withDatabases<T>(
  several: number,
  work: (urls: readonly string[]) => Promise<T>,
  urls: readonly string[] = [],
): Promise<T> {
  if (urls.length === several) return work(urls);
  return withDatabase((url) => withDatabases(several, work, [...urls, url]));
}

function orderFor(size: number, url: string): Order {
  const batched = eventsIn(WARM_UP_BATCHES + BATCHES);
  return {
    url,
    size,
    singles: WARM_UP_SINGLES + SINGLES,
    short: size >= LARGE ? batched : 0,
    long: size === LARGE ? batched : 0,
  };
}

async function matching(populations: readonly Population[]): Promise<readonly Figure[]> {
  const [large, largest] = populations.slice(-2) as [Population, Population];
  globalThis.gc?.();
  const resident = watchResident();
  const single = await singles(populations, WARM_UP_SINGLES);
  const batched = await batches([large, largest], WARM_UP_BATCHES);
  const grown = `${rounded(resident.stop())} MB`;
  return [
    ...single,
    ...batched,
    explains('growth of resident memory, at most', grown, 'during all benches above'),
  ];
}

function saving(populations: readonly Population[]): readonly Figure[] {
  const { rates } = populations.at(-1) as Population;
  const last = rates.slice(-rates.length / 10);
  return [
    atLeast(15_000, median(rates), {
      figure: `saveMany() up to ${count(LARGEST)}`,
      unit: ' listeners/s',
      note: `${rates.length} batches of 5,000, p10 ${rounded(quantile(rates, 0.1))}, the last tenth ${rounded(median(last))}`,
    }),
  ];
}
