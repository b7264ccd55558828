import type { ModelHooks } from 'typeorm-model-hooks';
import { type Case, casesOf } from './admin/cases';
import { type Sizes, seed } from './admin/seeding';
import { attach, connectHooked, withDatabase } from './application';
import { HookedCustomer } from './customers';
import { atMost, type Figure, rounded } from './figure';
import { median, nowMs, quantile } from './numbers';

/** `BENCH_SCALE=small` is for a trial. `BENCH_DELIVERIES` changes the number of deliveries. */
const IS_SMALL = process.env.BENCH_SCALE === 'small';
const SIZES: Sizes = {
  listeners: IS_SMALL ? 10_000 : 100_000,
  deliveries: Number(process.env.BENCH_DELIVERIES ?? (IS_SMALL ? 200_000 : 5_000_000)),
};
const WARM_UP_RUNS = 2;
const RUNS = IS_SMALL ? 10 : 50;
const GOAL_MS = 300;

/** How long the lists, filters and charts of an admin page take, with very many listeners and deliveries. */
export async function admin(): Promise<readonly Figure[]> {
  return withDatabase(async (url) => {
    const dataSource = await connectHooked(url, HookedCustomer);
    const startedAt = nowMs();
    const seeds = await seed(dataSource, SIZES);
    console.log(
      `Stored ${SIZES.deliveries} deliveries in ${rounded((nowMs() - startedAt) / 1_000)} s.`,
    );
    const hooks = await attach(dataSource, { work: false, logger: SILENT });
    defineHooks(hooks);
    const figures: Figure[] = [];
    for (const one of await casesOf(hooks, seeds)) figures.push(await figureOf(one));
    await dataSource.destroy();
    return figures;
  });
}

const silent = () => undefined;
const SILENT = { debug: silent, info: silent, warn: silent, error: silent };

function defineHooks(hooks: ModelHooks): void {
  for (const name of ['order', 'customer', 'invoice', 'audit'])
    hooks.define(name, { provides: ['id', 'status', 'note'] });
}

async function figureOf({ name, run }: Case): Promise<Figure> {
  for (let n = 0; n < WARM_UP_RUNS; n += 1) await run();
  const times: number[] = [];
  for (let n = 0; n < RUNS; n += 1) {
    const startedAt = nowMs();
    await run();
    times.push(nowMs() - startedAt);
  }
  return atMost(GOAL_MS, quantile(times, 0.95), {
    figure: `${name}, p95`,
    unit: ' ms',
    note: `p50 ${rounded(median(times))}, most ${rounded(Math.max(...times))}`,
  });
}
