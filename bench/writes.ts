import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { modelHookEntities, modelHookMigrations } from 'typeorm-model-hooks';
import { attach, withDatabase } from './application';
import { type CustomerClass, customers, HookedCustomer, PlainCustomer } from './customers';
import { atMost, type Figure, rounded } from './figure';
import { median, nowMs, quantile } from './numbers';
import { untouchedTypeOrm } from './writes/untouched';
import { MANY, type Table, WORKS, type Work } from './writes/works';

const ROUNDS = 30;
const WARM_UP_ROUNDS = 3;
/** The goal of an entity without a hook is 1; medians of equal work differ by less than this. */
const EQUAL = 1.03;

const CAPTURES = ['subscribers', 'triggers'] as const;

type Capture = (typeof CAPTURES)[number];

/** The cost of each kind of write, relative to the same write by a TypeORM that the package has not touched. */
export async function writes(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const capture of CAPTURES) figures.push(...(await figuresOf(capture)));
  return figures;
}

function figuresOf(capture: Capture): Promise<readonly Figure[]> {
  return withDatabase((url) =>
    withDatabase(async (plainUrl) => {
      const plain = await connectUntouched(plainUrl);
      const hooked = await connectAttached(url, capture);
      const figures: Figure[] = [];
      for (const work of WORKS)
        for (const entity of [HookedCustomer, PlainCustomer])
          figures.push(
            figureOf(work, capture, entity, await duel(plain, hooked, { work, entity })),
          );
      await hooked.destroy();
      await plain.destroy();
      return figures;
    }),
  );
}

async function connectUntouched(url: string): Promise<DataSource> {
  const { DataSource: Untouched } = untouchedTypeOrm();
  const dataSource = new Untouched({ type: 'postgres', url, entities: [PlainCustomer] });
  await dataSource.initialize();
  await dataSource.synchronize();
  return dataSource;
}

async function connectAttached(url: string, capture: Capture): Promise<DataSource> {
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    entities: [HookedCustomer, PlainCustomer, ...modelHookEntities],
    migrations: [...modelHookMigrations],
  });
  await dataSource.initialize();
  await dataSource.runMigrations();
  await dataSource.synchronize();
  const triggers = capture === 'triggers' && ({ capture, installTriggers: true } as const);
  await attach(dataSource, { work: false, ...triggers });
  return dataSource;
}

interface Round {
  readonly plainMs: number;
  readonly hookedMs: number;
}

/** The sides take turns in the order A B B A. */
async function duel(
  plain: DataSource,
  hooked: DataSource,
  { work, entity }: { readonly work: Work; readonly entity: CustomerClass },
): Promise<readonly Round[]> {
  const ours = await refilled(hooked, entity);
  const theirs = await refilled(plain, PlainCustomer);
  await hooked.query('TRUNCATE model_hook_event');
  await hooked.query('CHECKPOINT');
  const rounds: Round[] = [];
  for (let n = 0; n < WARM_UP_ROUNDS + ROUNDS; n += 1) {
    const isPlainFirst = n % 2 === 0;
    const first = await turn(isPlainFirst ? theirs : ours, work, n);
    const second = await turn(isPlainFirst ? ours : theirs, work, n);
    rounds.push(
      isPlainFirst ? { plainMs: first, hookedMs: second } : { plainMs: second, hookedMs: first },
    );
  }
  return rounds.slice(WARM_UP_ROUNDS);
}

/** Each work starts with `MANY` rows. */
async function refilled(dataSource: DataSource, entity: CustomerClass): Promise<Table> {
  const repository = dataSource.getRepository(entity);
  await dataSource.query(`TRUNCATE ${repository.metadata.tablePath} RESTART IDENTITY`);
  await repository.save(customers(entity, MANY));
  return { repository, entity };
}

async function turn(table: Table, work: Work, round: number): Promise<number> {
  const write = await work.prepare(table, round);
  // Let sockets and timers of the other side finish before the clock starts.
  await sleep(1);
  const startedAt = nowMs();
  await write();
  return nowMs() - startedAt;
}

function figureOf(
  { name, calls, goals }: Work,
  capture: Capture,
  entity: CustomerClass,
  rounds: readonly Round[],
): Figure {
  const isHooked = entity === HookedCustomer;
  const plain = rounds.map(({ plainMs }) => plainMs);
  const hooked = rounds.map(({ hookedMs }) => hookedMs);
  const ratio = median(rounds.map(({ plainMs, hookedMs }) => hookedMs / plainMs));
  const fastest = quantile(hooked, 0.1) / quantile(plain, 0.1);
  return atMost(isHooked ? goals[capture] : EQUAL, ratio, {
    figure: `${name}, ${capture}${isHooked ? '' : ', entity without a hook'}`,
    note: `at p10 ${rounded(fastest)}×, ${rounded(median(plain) / calls)} → ${rounded(median(hooked) / calls)} ms a call`,
    unit: '×',
  });
}
