import { v7 as uuidv7 } from 'uuid';
import type { Query } from '../../lib/store/database';
import { ANY_SHAPE, Events, LEFT_SHAPE, type PlannableHere } from '../../lib/store/events';
import type { Store } from '../../lib/store/store';
import { tablesOf } from '../../lib/store/tables';
import { type Application, startApplication } from '../support/application/application';
import { testStore } from '../support/application/test-store';

const PERSON = { name: 'person', shape: 'fields' };
const ORDER = { name: 'order', shape: 'fields' };
const HOOKS = [PERSON, ORDER];
const HERE: PlannableHere = { hooks: HOOKS, encryptionKeyIds: [] };
const HOUR_MS = 3_600_000;
const FAR = '00000000-0000-0000-0000-000000000000';

let application: Application;
let store: Store;

beforeAll(async () => {
  application = await startApplication({ entities: [], attach: { work: false } });
  store = testStore(application.dataSource);
});
beforeEach(() => query('TRUNCATE model_hook_event'));
afterAll(() => application?.stop());

describe('Events.claim', () => {
  it.each([
    { shape: 'fields', isClaimed: true },
    { shape: ANY_SHAPE, isClaimed: true },
    { shape: 'others', isClaimed: false },
    { shape: LEFT_SHAPE, isClaimed: false },
  ])('claim() returns an event of the shape "$shape": $isClaimed', async ({ shape, isClaimed }) => {
    const [id] = await stored([{ shape }]);
    const rows = await store.events.claim(HERE, 10);
    expect(rows.map((row) => row.id)).toEqual(isClaimed ? [id] : []);
  });

  it('claim() begins with the hook whose oldest event is the oldest', async () => {
    const ids = await stored([
      { hook: 'order' },
      { hook: 'person' },
      { hook: 'person', shape: ANY_SHAPE },
      { hook: 'order' },
    ]);
    const claimed = async () => (await store.events.claim(HERE, 1)).map(({ id }) => id);
    expect([await claimed(), await claimed(), await claimed(), await claimed()]).toEqual(
      ids.map((id) => [id]),
    );
  });

  it('leave() gives an event back, and only claimLeft() finds it, those after an id', async () => {
    const ids = await stored([{}, {}, { hook: 'elsewhere' }]);
    const claimed = (await store.events.claim(HERE, 10)).map(({ id }) => id);
    await store.events.leave(claimed);
    expect(await store.events.claim(HERE, 10)).toEqual([]);
    expect((await store.events.claimLeft(HERE, 10, claimed[0] ?? '')).map(({ id }) => id)).toEqual([
      ids[1],
    ]);
    expect((await store.events.claimLeft(HERE, 10, FAR)).map(({ id }) => id)).toEqual([ids[0]]);
  });

  it('skipRefused() marks an event that no process has planned meanwhile', async () => {
    const [one = '', other = ''] = await stored([{}, {}]);
    await query('UPDATE model_hook_event SET planned_at = now() WHERE id = $1', [other]);
    expect(await store.events.skipRefused(one)).toBe(true);
    expect(await store.events.skipRefused(other)).toBe(false);
    const rows = await query('SELECT id, skipped FROM model_hook_event WHERE skipped IS NOT NULL');
    expect(rows).toEqual([{ id: one, skipped: 'refused' }]);
  });
});

describe('ForeignEvents.count', () => {
  it('count() returns the unplanned events that this process does not plan, hook by hook', async () => {
    await stored([
      {},
      { shape: ANY_SHAPE },
      { shape: 'others' },
      { shape: LEFT_SHAPE },
      { hook: 'elsewhere' },
      { hook: 'elsewhere', shape: 'others', ageMs: HOUR_MS },
      { hook: 'elsewhere', isPlanned: true },
      { hook: 'planned', isPlanned: true },
    ]);
    const rows = await store.foreign.count(HOOKS);
    expect(rows).toMatchObject([
      { hook: 'elsewhere', events: 2 },
      { hook: 'person', events: 2 },
    ]);
    expect(rows[0]?.age_ms).toBeGreaterThanOrEqual(HOUR_MS);
    expect(rows[1]?.age_ms).toBeLessThan(HOUR_MS);
  });

  it('count() returns nothing if there are no events', async () => {
    expect(await store.foreign.count(HOOKS)).toEqual([]);
    expect(await store.foreign.count([])).toEqual([]);
  });
});

describe('ForeignEvents.adopt', () => {
  it.each([
    { what: 'old, with other fields', event: { shape: 'others', ageMs: HOUR_MS }, isAdopted: true },
    { what: 'young, with other fields', event: { shape: 'others' }, isAdopted: false },
    { what: 'old, and left', event: { shape: LEFT_SHAPE, ageMs: HOUR_MS }, isAdopted: false },
    { what: 'old, with our fields', event: { ageMs: HOUR_MS }, isAdopted: false },
    {
      what: 'old, and of another hook',
      event: { hook: 'elsewhere', shape: 'others', ageMs: HOUR_MS },
      isAdopted: false,
    },
  ])('adopt() of an event that is $what: $isAdopted', async ({ event, isAdopted }) => {
    await stored([event]);
    const adopted = await store.foreign.adopt(HOOKS, { ageMs: HOUR_MS / 2, limit: 10 });
    expect(adopted).toEqual(isAdopted ? [{ hook: 'person', count: 1 }] : []);
    const rows = await query('SELECT 1 FROM model_hook_event WHERE shape = $1', [ANY_SHAPE]);
    expect(rows).toHaveLength(isAdopted ? 1 : 0);
  });
});

describe('ForeignEvents.prune', () => {
  const OLD = { hook: 'elsewhere', ageMs: 2 * HOUR_MS };

  it('prune() deletes the old events of hooks that no process writes any more, in batches', async () => {
    await stored([OLD, { ...OLD, shape: 'others' }, OLD, { ...OLD, isPlanned: true }]);
    const prune = () => store.foreign.prune(HOOKS, { ageMs: HOUR_MS, limit: 1 });
    expect(await prune()).toEqual([{ hook: 'elsewhere', count: 2 }]);
    expect(await prune()).toEqual([{ hook: 'elsewhere', count: 1 }]);
    expect(await prune()).toEqual([]);
  });

  it.each([
    { what: 'is attached here', events: [{ ...OLD, hook: 'person', shape: 'others' }] },
    { what: 'has a new event', events: [OLD, { hook: 'elsewhere' }] },
    {
      what: 'has a new event with other fields',
      events: [OLD, { hook: 'elsewhere', shape: 'others' }],
    },
  ])('prune() keeps all events of a hook that $what', async ({ events }) => {
    await stored(events);
    expect(await store.foreign.prune(HOOKS, { ageMs: HOUR_MS, limit: 10 })).toEqual([]);
    expect(await query('SELECT 1 FROM model_hook_event')).toHaveLength(events.length);
  });
});

describe('events that this process does not plan', () => {
  it.each(['stale', 'fresh'] as const)(
    'Statements that plan read as little beside 20,000 of them, with %s statistics',
    async (statistics) => {
      await query('ALTER TABLE model_hook_event SET (autovacuum_enabled = false)');
      await stored(Array.from({ length: 20 }, () => ({})));
      await query('ANALYZE model_hook_event');
      const without = await pagesRead();
      await query(
        `INSERT INTO model_hook_event (id, hook, shape, event, data)
       SELECT gen_random_uuid(), CASE WHEN n % 2 = 0 THEN 'elsewhere' ELSE 'person' END, 'others', 'e.created', '{"n":1}'
       FROM generate_series(1, 20000) n`,
      );
      if (statistics === 'fresh') await query('ANALYZE model_hook_event');
      const beside = await pagesRead();
      expect(Object.keys(beside)).toEqual(Object.keys(without));
      for (const [statement, pages] of Object.entries(beside))
        expect([statement, pages < (without[statement] ?? 0) + 100]).toEqual([statement, true]);
    },
  );
});

/** Pages that each statement of planning reads. */
async function pagesRead(): Promise<Readonly<Record<string, number>>> {
  const pages: number[] = [];
  const explaining: Query = async (sql, parameters = []) => {
    const runner = application.dataSource.createQueryRunner();
    await runner.startTransaction();
    // As the engine runs its statements.
    await runner.query('SET LOCAL enable_seqscan = off');
    const [row] = await runner.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${sql}`, [
      ...parameters,
    ]);
    await runner.rollbackTransaction();
    await runner.release();
    const [{ Plan: plan }] = row['QUERY PLAN'];
    pages.push(plan['Shared Hit Blocks'] + plan['Shared Read Blocks']);
    return [];
  };
  const events = new Events(explaining, tablesOf(application.dataSource, 'public'));
  await events.passUnwanted(HERE, 500);
  await events.claim(HERE, 500);
  await events.claimLeft(HERE, 100, FAR);
  const [passed = 0, claimed = 0, left = 0] = pages;
  return { passed, claimed, left };
}

function query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
  return application.dataSource.query(sql, [...parameters]);
}

interface NewEvent {
  readonly hook?: string;
  readonly shape?: string;
  readonly ageMs?: number;
  readonly isPlanned?: boolean;
}

/** Ids of events that are stored one after another. */
async function stored(events: readonly NewEvent[]): Promise<readonly string[]> {
  const rows = events.map(
    ({ hook = 'person', shape = 'fields', ageMs = 0, isPlanned = false }) => ({
      id: uuidv7(),
      hook,
      shape,
      age_ms: ageMs,
      is_planned: isPlanned,
    }),
  );
  await query(
    `INSERT INTO model_hook_event (id, hook, shape, event, data, occurred_at, planned_at)
     SELECT id, hook, shape, hook || '.created', '{"n":1}', now() - age_ms * interval '1 millisecond',
       CASE WHEN is_planned THEN now() END
     FROM json_to_recordset($1::json) AS e(id uuid, hook text, shape text, age_ms float8, is_planned boolean)`,
    [JSON.stringify(rows)],
  );
  return rows.map(({ id }) => id);
}
