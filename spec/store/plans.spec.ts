import { randomUUID } from 'node:crypto';
import type { QueryRunner } from 'typeorm';
import type { Query } from '../../lib/store/database';
import { runOn } from '../../lib/store/database';
import type { PageConditions } from '../../lib/store/deliveries';
import type { EventConditions } from '../../lib/store/event-log';
import type { HistoryWindow } from '../../lib/store/history';
import type { HistoryOf } from '../../lib/store/oldest-open';
import { Store } from '../../lib/store/store';
import { tablesOf } from '../../lib/store/tables';
import { PRUNE_START } from '../../lib/store/upkeep';
import { type Application, startApplication } from '../support/application/application';

/** Waiting deliveries of one listener, each about a row of its own; ended ones of it; its events; and listeners of one owner. */
const MANY = 20_000;
const BUSY = randomUUID();
const OTHER = randomUUID();
const EVENT = randomUUID();
const CHUNK_SIZE = 100;
const PAGE = 50;
/** As the engine runs its statements. */
const SETTINGS = 'SET enable_seqscan = off; SET jit = off; SET random_page_cost = 1';

let application: Application;
let runner: QueryRunner;
beforeAll(async () => {
  application = await startApplication({ entities: [], attach: { work: false } });
  runner = application.dataSource.createQueryRunner();
  // Without statistics, PostgreSQL expects little of any table.
  for (const table of ['delivery', 'head', 'turn', 'event', 'listener', 'schedule', 'task'])
    await runOn(runner, `ALTER TABLE model_hook_${table} SET (autovacuum_enabled = false)`);
  for (const statement of filling()) await runOn(runner, statement);
  await runner.query(SETTINGS);
});
afterAll(async () => {
  await runner?.release();
  await application?.stop();
});

const FREE: ReadonlyMap<string, number> = new Map();
const BARRED: ReadonlyMap<string, number> = new Map([[BUSY, 0]]);
const HERE = {
  hooks: [{ name: 'person', shape: '' }],
  encryptionKeyIds: [],
  soonMs: 1_500,
  barred: [BUSY],
};
const OLD = { ageMs: 60_000, limit: 200, after: PRUNE_START };

type Statement = (store: Store) => Promise<unknown>;

const claim =
  (restraints: ReadonlyMap<string, number>): Statement =>
  (store) =>
    store.turns.claimDue({
      chunkId: randomUUID(),
      chunkSize: CHUNK_SIZE,
      lease: { processId: randomUUID(), leaseMs: 1_000 },
      restraints,
    });

const ANY = {
  listener: undefined,
  event: undefined,
  since: undefined,
  until: undefined,
  cursor: undefined,
} as const;

const find =
  (conditions: Partial<PageConditions>): Statement =>
  (store) =>
    store.deliveries.page({ ...ANY, ...conditions }, PAGE);

/** Of the listener with very many, one with one, and very many with none. */
const LISTENERS = [BUSY, OTHER, ...Array.from({ length: 300 }, () => randomUUID())];

const findOf =
  (conditions: Partial<PageConditions>): Statement =>
  (store) =>
    store.deliveries.pageOfListeners({ ...ANY, ...conditions, listeners: LISTENERS }, PAGE);

const findEvents =
  (conditions: Partial<EventConditions>): Statement =>
  async ({ eventLog }) => {
    const none = { event: undefined, sender: undefined, before: undefined };
    const given = { hooks: ['person'], ...none, since: undefined, until: undefined, ...conditions };
    await eventLog.page(given, PAGE);
    await eventLog.lastLookedAt(given);
  };

const LAST_HOUR = (): HistoryWindow => ({
  sinceMs: Date.now() - 3_600_000,
  untilMs: Date.now(),
  bucketMs: 60_000,
  buckets: 60,
});
const SAMPLING = { slices: 100, share: 0.5, most: 10 };
const GROUPS: HistoryOf = {
  kind: 'groups',
  owner: 'small',
  groups: ['done', 'failed', 'waiting'].map((status) => ({
    listener_id: BUSY,
    event: 'person.updated',
    status,
  })),
};
const EVENTS = { kind: 'events' } as const;
const OWNER: HistoryOf = { kind: 'owner', owner: 'small' };

const chart =
  (of: HistoryOf): Statement =>
  async ({ history }) => {
    await history.hasMore(LAST_HOUR(), of);
    await history.estimate(LAST_HOUR(), of, 100);
    await history.deliveries(LAST_HOUR(), of, SAMPLING);
    await history.oldestOpenAt(of);
  };

const chartOfEvents: Statement = async ({ history }) => {
  await history.hasMore(LAST_HOUR(), EVENTS);
  await history.estimate(LAST_HOUR(), EVENTS, 100);
  await history.events(LAST_HOUR(), SAMPLING);
};

const queued = (count: number) =>
  Array.from({ length: count }, () => ({
    id: randomUUID(),
    eventId: randomUUID(),
    listenerId: BUSY,
    event: 'person.created',
    rowId: randomUUID(),
    sequence: '1',
  }));

const LONG_AGO = new Date(0);

/** What a process takes that has no place left for the task server with very many tasks. */
const TASKS = {
  processId: randomUUID(),
  leaseMs: 1_000,
  known: [],
  encryptionKeyIds: [],
  running: { 'https://busy': 32 },
  perLane: 32,
  room: 100,
};

/** Each with the rows that it may read at most. */
const STATEMENTS: readonly (readonly [what: string, most: number, Statement])[] = [
  ['the time of the next due time', 5, (store) => store.schedules.nextDueMs([])],
  ['a claim of due schedules', 200, (store) => store.schedules.claimDue(50, [])],
  ['the open hooks of events', 50, (store) => store.foreign.openHooks()],
  ['a claim for another listener beside a barred one', 20, claim(BARRED)],
  ['a claim for a listener with very many rows', 12 * CHUNK_SIZE, claim(FREE)],
  ['the time of the next turn', 5, (store) => store.turns.nextDueMs([BUSY])],
  ['what is due here', 3_000, (store) => store.upkeep.countDue({ ...HERE, barred: [] })],
  ['what is due here beside a barred listener', 2_100, (store) => store.upkeep.countDue(HERE)],
  ['mending turns', 50, (store) => store.mending.turns(null)],
  ['mending heads', 2_500, (store) => store.mending.heads(null, new Map())],
  ['merging turns', 50, (store) => store.mending.merge(null)],
  ['storing deliveries in turn', 20, (store) => store.turns.queue(queued(20))],
  ['a step of pruning deliveries', 1_000, (store) => store.upkeep.pruneDeliveries(OLD)],
  ['a step of pruning events', 1_000, (store) => store.upkeep.pruneEvents(OLD)],
  ['the backlog of events', 10_100, (store) => store.upkeep.eventBacklog()],
  ['the backlog of deliveries', 20_200, (store) => store.upkeep.deliveryBacklog(() => EVENT)],
  ['the rates of a minute', 10_100, (store) => store.upkeep.ratesWithin(60)],
  ['the newest deliveries', PAGE, find({})],
  ['deliveries of a common status', 8 * PAGE, find({ status: 'done' })],
  ['deliveries of a rare status', 8 * PAGE, find({ status: 'failed' })],
  ['deliveries of a status that none has', 8 * PAGE, find({ status: 'skipped' })],
  ['deliveries of a listener', 12 * PAGE, find({ listener: BUSY })],
  ['rare deliveries of a listener', 4 * PAGE, find({ listener: BUSY, status: 'failed' })],
  ['deliveries of another listener', 4 * PAGE, find({ listener: OTHER })],
  ['deliveries of an event name', 8 * PAGE, find({ event: 'person.updated' })],
  ['deliveries of a rare event name', PAGE, find({ event: 'person.removed' })],
  ['a rare name of a listener', PAGE, find({ listener: BUSY, event: 'person.removed' })],
  ['deliveries of an event', PAGE, find({ event: EVENT })],
  ['old deliveries', PAGE, find({ until: LONG_AGO })],
  ['old deliveries of a listener', PAGE, find({ listener: BUSY, until: LONG_AGO })],
  ['old deliveries of a status', PAGE, find({ status: 'done', until: LONG_AGO })],
  ['deliveries of several listeners', 10 * PAGE, findOf({})],
  ['rare deliveries of several listeners', 10 * PAGE, findOf({ status: 'failed' })],
  ['a name of several listeners', 10 * PAGE, findOf({ event: 'person.updated' })],
  ['old deliveries of several listeners', 10 * PAGE, findOf({ until: LONG_AGO })],
  ['deliveries of an owner', 2 * 3_000 + PAGE, find({ owner: 'small' })],
  ['deliveries of an owner by status', 8 * 3_000, find({ owner: 'small', status: 'done' })],
  ['deliveries of an owner by event', PAGE, find({ owner: 'small', event: EVENT })],
  ['a history', 14_100, chart({ kind: 'all' })],
  ['a history of groups', 23_000, chart(GROUPS)],
  ['a history of an owner', 21_000, chart(OWNER)],
  ['a history of events', 14_100, chartOfEvents],
  ['the newest events', 10_000 + PAGE, findEvents({})],
  ['events of a rare name', 20_000, findEvents({ event: 'person.removed' })],
  ['old events', PAGE, findEvents({ until: LONG_AGO })],
  ['listeners of an owner', 10, (store) => store.listeners.find({ owner: 'small' })],
  ['a page of an owner', PAGE, (store) => store.listeners.page({ owner: 'small' }, { limit: 10 })],
  ['a page of listeners', 2 * PAGE, (store) => store.listeners.page({}, { limit: 10 })],
  [
    'a page of listeners without an owner',
    2 * PAGE,
    (store) => store.listeners.page({ owner: null }, { limit: 10 }),
  ],
  ['a page of a hook', PAGE, (store) => store.listeners.page({ hook: 'rare' }, { limit: 10 })],
  ['a page of a target', PAGE, (store) => store.listeners.page({ target: '7' }, { limit: 10 })],
  ['a page of a key', PAGE, (store) => store.listeners.page({ key: '7' }, { limit: 10 })],
  ['a claim of tasks', 12 * 32, (store) => store.tasks.claim({ ...TASKS, running: {} })],
  ['a claim of tasks beside a full lane', 20, (store) => store.tasks.claim(TASKS)],
  ['tasks that are ready', 12 * 32, (store) => store.tasks.countReady({ ...TASKS, running: {} })],
  ['a step of pruning tasks', 3_100, (store) => store.tasks.prune()],
  ['the encryption keys of tasks', 20, (store) => store.tasks.encryptionKeyIds()],
  ['the state of a task', 1, (store) => store.tasks.states([EVENT])],
  [
    'a page of paused ones',
    PAGE,
    (store) => store.listeners.page({ active: false }, { limit: 10 }),
  ],
];

describe('statements with very many rows', () => {
  it.each(STATEMENTS)('Reading %s takes at most %i rows without statistics', (_, most, run) =>
    expectFew(run, most),
  );

  describe('with statistics', () => {
    beforeAll(() => runOn(runner, 'ANALYZE'));

    it.each(STATEMENTS)('Reading %s takes at most %i rows with statistics', (_, most, run) =>
      expectFew(run, most),
    );
  });
});

/** Runs a statement and undoes it. */
async function expectFew(run: Statement, most: number): Promise<void> {
  let read = 0;
  const query = (async (sql: string, parameters: readonly unknown[] = []) => {
    const [row] = await runOn<{ 'QUERY PLAN': readonly [{ readonly Plan: PlanNode }] }>(
      runner,
      `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`,
      parameters,
    );
    if (row) read += rowsRead(row['QUERY PLAN'][0].Plan);
    return [];
  }) as Query;
  await runner.startTransaction();
  try {
    await run(new Store(undefined as never, tablesOf(application.dataSource, 'public'), query));
  } finally {
    await runner.rollbackTransaction();
  }
  expect(read).toBeLessThanOrEqual(most);
}

interface PlanNode {
  readonly 'Relation Name'?: string;
  readonly 'Node Type': string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** Rows of tables that a plan has read, whether it used them or not. */
function rowsRead(node: PlanNode): number {
  const below = (node.Plans ?? []).reduce((sum, plan) => sum + rowsRead(plan), 0);
  if (!node['Relation Name'] || !node['Node Type'].endsWith('Scan')) return below;
  const each = node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0);
  return below + Math.ceil(each * node['Actual Loops']);
}

function filling(): readonly string[] {
  const columns =
    'id, event_id, listener_id, event, status, attempt, retries, reschedules, next_at, row_id, sequence, headed, created_at, updated_at';
  const ago = "now() - interval '1 hour' + n * interval '1 ms'";
  return [
    `INSERT INTO model_hook_delivery (${columns})
     SELECT gen_random_uuid(), gen_random_uuid(), '${BUSY}', 'person.updated', 'waiting', 0, 0, 0, now() - interval '1 minute',
       gen_random_uuid(), n, true, ${ago}, ${ago} FROM generate_series(1, ${MANY}) n`,
    `INSERT INTO model_hook_head (listener_id, row_id, ready_at) SELECT listener_id, row_id, next_at FROM model_hook_delivery`,
    `INSERT INTO model_hook_delivery (${columns})
     SELECT gen_random_uuid(), gen_random_uuid(), '${BUSY}', CASE n WHEN 3 THEN 'person.removed' ELSE 'person.created' END,
       CASE WHEN n % 10000 = 9 THEN 'failed' ELSE 'done' END, 1, 0, 0, NULL, NULL, NULL, false, ${ago}, ${ago}
     FROM generate_series(1, ${MANY}) n`,
    `WITH d AS (INSERT INTO model_hook_delivery (${columns})
       VALUES (gen_random_uuid(), '${EVENT}', '${OTHER}', 'person.updated', 'waiting', 0, 0, 0, now(), gen_random_uuid(), 1, true, now(), now())
       RETURNING *) INSERT INTO model_hook_head (listener_id, row_id, ready_at) SELECT listener_id, row_id, next_at FROM d`,
    `INSERT INTO model_hook_turn (listener_id, ready_at) VALUES ('${BUSY}', now() - interval '1 minute'), ('${OTHER}', now())`,
    `INSERT INTO model_hook_event (id, hook, event, data, row_id, planned_at)
     SELECT event_id, 'person', event, '{}', row_id, CASE status WHEN 'done' THEN now() - interval '1 hour' END FROM model_hook_delivery`,
    `INSERT INTO model_hook_listener (id, identity, hook, target, content_type, secret, digest, headers, owner, key, config, replies,
       delivery, active, created_at)
     SELECT gen_random_uuid(), n::text, CASE n WHEN 5 THEN 'rare' ELSE 'person' END, n::text, '', '', '', '{}',
       CASE WHEN n % 5000 = 1 THEN 'small' WHEN n % 2 = 0 THEN 'large' END, n::text, '{}', true, '{}', n % 7000 <> 2, ${ago}
     FROM generate_series(1, ${MANY}) n`,
    `INSERT INTO model_hook_schedule (id, name, once, timezone, catch_up, data, enabled, next_due_at)
     SELECT gen_random_uuid(), n::text, true, 'UTC', 'one', '{}', n % 3 > 0, now() + (n - 10000) * interval '1 second'
     FROM generate_series(1, ${MANY}) n`,
    `INSERT INTO model_hook_task (id, lane, method, timeout_ms, retries, result_ttl_ms, status, ready_at, expires_at)
     SELECT gen_random_uuid(), CASE n WHEN 7 THEN 'https://quiet' WHEN 9 THEN 'task:unknown' ELSE 'https://busy' END, 'GET', 1, 0, 1,
       CASE WHEN n % 2 = 0 THEN 'success' ELSE 'pending' END, CASE WHEN n % 2 = 1 THEN ${ago} END, CASE WHEN n % 2 = 0 THEN ${ago} END
     FROM generate_series(1, ${MANY}) n`,
  ];
}
