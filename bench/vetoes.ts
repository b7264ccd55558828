import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { InteractiveResponse, type ModelHooks } from 'typeorm-model-hooks';
import { attach, connectHooked, withDatabase } from './application';
import { customer, customers, HookedCustomer } from './customers';
import { atMost, type Figure, rounded } from './figure';
import { median, nowMs, quantile } from './numbers';

const ROUNDS = 40;
const WARM_UP_ROUNDS = 3;
/** Number of saves that are timed together. */
const SINGLES = 40;
const GOAL = 1.15;

const SLOW_MS = 200;
const PARALLEL = 50;
const POOL_SIZE = 10;
const PROBE_EVERY_MS = 5;

/** What a veto costs the caller of `save()`, and what a slow one leaves of the pool. */
export async function vetoes(): Promise<readonly Figure[]> {
  return withDatabase(async (url) => {
    const dataSource = await connectHooked(url, HookedCustomer);
    const hooks = await attach(dataSource, { work: false });
    await dataSource.getRepository(HookedCustomer).save(customers(HookedCustomer, SINGLES));
    const figures = [
      await cost(dataSource, hooks, 'insert'),
      await cost(dataSource, hooks, 'update'),
      ...(await held(dataSource, hooks)),
    ];
    await dataSource.destroy();
    return figures;
  });
}

/** The same saves with a veto that answers at once and without one, in turn. */
async function cost(
  dataSource: DataSource,
  hooks: ModelHooks,
  operation: 'insert' | 'update',
): Promise<Figure> {
  const asked = async () => {
    const end = hooks.for(HookedCustomer).interactive(operation, () => InteractiveResponse.done());
    return saved(dataSource, operation).finally(end);
  };
  const unasked = () => saved(dataSource, operation);
  const rounds: { readonly asked: number; readonly unasked: number }[] = [];
  for (let n = 0; n < WARM_UP_ROUNDS + ROUNDS; n += 1)
    rounds.push(
      n % 2 === 0
        ? { asked: await asked(), unasked: await unasked() }
        : { unasked: await unasked(), asked: await asked() },
    );
  const measured = rounds.slice(WARM_UP_ROUNDS);
  const ratio = median(measured.map(({ asked, unasked }) => asked / unasked));
  const perSave = (side: 'asked' | 'unasked') =>
    rounded(median(measured.map((one) => one[side])) / SINGLES);
  return atMost(GOAL, ratio, {
    figure: `save(): ${operation}, one entity, with a veto`,
    note: `${perSave('unasked')} → ${perSave('asked')} ms a save()`,
    unit: '×',
  });
}

async function saved(dataSource: DataSource, operation: 'insert' | 'update'): Promise<number> {
  const repository = dataSource.getRepository(HookedCustomer);
  const rows =
    operation === 'insert'
      ? customers(HookedCustomer, SINGLES)
      : await repository.find({ order: { id: 'ASC' }, take: SINGLES });
  if (operation === 'update')
    rows.forEach((row, n) => {
      row.name = `${customer(HookedCustomer, n).name} ${nowMs()}`;
    });
  await sleep(1);
  const startedAt = nowMs();
  for (const row of rows) await repository.save(row);
  return nowMs() - startedAt;
}

/** Many saves at once whose veto is slow, while other queries need connections. */
async function held(dataSource: DataSource, hooks: ModelHooks): Promise<readonly Figure[]> {
  const repository = dataSource.getRepository(HookedCustomer);
  const rows = await repository.save(customers(HookedCustomer, PARALLEL));
  let open = 0;
  const end = hooks.for(HookedCustomer).interactive('update', async () => {
    open += 1;
    await sleep(SLOW_MS);
    open -= 1;
    return InteractiveResponse.done();
  });
  const saves = Promise.all(
    rows.map((row, n) => repository.save(Object.assign(row, { name: `new ${n}` }))),
  ).finally(end);
  while (open < PARALLEL) await sleep(1);
  const shares: number[] = [];
  const waits: number[] = [];
  while (open === PARALLEL) {
    shares.push(inUse(dataSource) / POOL_SIZE);
    const startedAt = nowMs();
    await dataSource.query('SELECT 1');
    waits.push(nowMs() - startedAt);
    await sleep(PROBE_EVERY_MS);
  }
  await saves;
  return [
    atMost(0.5, Math.max(...shares), {
      figure: `share of the pool that ${PARALLEL} saves hold while their vetoes take ${SLOW_MS} ms`,
      note: `other queries take ${rounded(median(waits))} ms, at p90 ${rounded(quantile(waits, 0.9))} ms`,
      unit: '',
    }),
  ];
}

/** Connections of the pool that are in use. */
function inUse({ driver }: DataSource): number {
  const { master } = driver as unknown as {
    readonly master: { readonly totalCount: number; readonly idleCount: number };
  };
  return master.totalCount - master.idleCount;
}
