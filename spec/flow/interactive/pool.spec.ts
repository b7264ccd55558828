import type { DataSource, EntityManager } from 'typeorm';
import { InteractiveResponse } from '../../../lib';
import { Flow } from '../../support/application/flow';
import { until } from '../../support/application/waiting';
import { Person, person } from '../../support/entities/person';

const POOL_SIZE = 4;

let flow: Flow;
let end: () => void;
/** Number of questions that are open now. */
let open: number;
let release: () => void;

beforeAll(async () => {
  flow = await Flow.start({ dataSource: { poolSize: POOL_SIZE }, attach: { work: false } });
});
afterAll(() => flow.stop());
afterEach(() => end());

/** Vetoes that answer when `release` is called. */
function hold(): void {
  open = 0;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const ends = (['insert', 'update'] as const).map((operation) =>
    flow.hooks.for(Person).interactive(
      operation,
      async () => {
        open += 1;
        await released;
        open -= 1;
        return InteractiveResponse.done();
      },
      { timeoutMs: 40_000 },
    ),
  );
  end = () => {
    release();
    for (const one of ends) one();
  };
}

/** Connections of the pool that are in use. */
function held({ driver }: DataSource): number {
  const { master } = driver as unknown as {
    readonly master: { readonly totalCount: number; readonly idleCount: number };
  };
  return master.totalCount - master.idleCount;
}

const save = (manager: EntityManager) => manager.save(person());
const inTransactions = (count: number) =>
  Array.from({ length: count }, () => flow.dataSource.transaction(save));

describe('the pool while vetoes are asked', () => {
  it('A save that waits for an answer holds no connection', async () => {
    const people = await flow.savePeople(20);
    hold();
    const { manager } = flow.dataSource;
    const updates = people.map((one) => manager.save(Object.assign(one, { name: 'new' })));
    const inserts = people.map(() => save(manager));
    await until('all are asked about', () => open === 40);
    // Work of ours that asks meanwhile gives its connection back; a save that held one would keep it.
    await until('no connection is held', () => held(flow.dataSource) === 0);
    expect(await manager.count(Person)).toBe(20);
    release();
    await Promise.all([...updates, ...inserts]);
    expect(await manager.countBy(Person, { name: 'new' })).toBe(20);
  });

  it('Transactions of the caller hold half of the pool while they are asked about', async () => {
    hold();
    const saves = Promise.allSettled(inTransactions(POOL_SIZE));
    await until('half of the pool is asked about', () => open === POOL_SIZE / 2);
    expect(held(flow.dataSource)).toBe(POOL_SIZE);
    // One of the transactions that wait gives its connection up.
    await flow.query('SELECT 1');
    expect(open).toBe(POOL_SIZE / 2);
    release();
    const ended = await saves;
    const rejected = ended.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(rejected.length).toBeGreaterThan(0);
    expect(rejected.length).toBeLessThanOrEqual(POOL_SIZE / 2);
    for (const error of rejected)
      expect(error).toMatchObject({ code: 'HOOK_REJECTED', httpStatus: 503 });
  });

  it('Transactions of the caller wait for each other where nothing else needs a connection', async () => {
    hold();
    const saves = Promise.all(inTransactions(POOL_SIZE));
    await until('half of the pool is asked about', () => open === POOL_SIZE / 2);
    release();
    expect(await saves).toHaveLength(POOL_SIZE);
  });

  it('Vetoes that read the database get connections while transactions wait for their answers', async () => {
    end = flow.hooks.for(Person).interactive(
      'insert',
      async () => {
        await flow.query('SELECT 1');
        return InteractiveResponse.done();
      },
      { timeoutMs: 40_000 },
    );
    const ended = await Promise.allSettled(inTransactions(3 * POOL_SIZE));
    const done = ended.filter(({ status }) => status === 'fulfilled');
    expect(done.length).toBeGreaterThanOrEqual(POOL_SIZE / 2);
    expect(await flow.dataSource.manager.count(Person)).toBeGreaterThan(0);
  });
});
