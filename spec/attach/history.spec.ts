import { randomUUID } from 'node:crypto';
import type { HistoryOptions, HookHistory } from '../../lib';
import { type Application, startApplication } from '../support/application/application';

const ACME = [randomUUID(), randomUUID()];
const OTHER = randomUUID();
const MINUTE_MS = 60_000;

let application: Application;
beforeAll(async () => {
  application = await startApplication({ entities: [], attach: { work: false } });
  for (const id of ACME) await listeners('acme', id);
  await listeners('other', OTHER);
});
beforeEach(() => query('TRUNCATE model_hook_delivery, model_hook_event, model_hook_chunk'));
afterAll(() => application?.stop());

const query = <Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> =>
  application.dataSource.query(sql, parameters);

const history = (options: HistoryOptions = {}) => application.hooks.history(options);

function listeners(owner: string, ...ids: readonly string[]): Promise<unknown> {
  return query(
    `INSERT INTO model_hook_listener (id, identity, target, content_type, secret, digest, headers, owner, config, replies, delivery)
     SELECT id, id, '', '', '', '', '{}', $1, '{}', true, '{}' FROM unnest($2::uuid[]) id`,
    [owner, ids],
  );
}

interface Stored {
  readonly listener?: string;
  readonly event?: string;
  readonly status?: string;
  readonly minutesAgo?: number;
  readonly durationMs?: number | null;
}

async function delivery(stored: Stored = {}): Promise<void> {
  const { listener = OTHER, event = randomUUID(), status = 'done', minutesAgo = 1 } = stored;
  const { durationMs = null } = stored;
  await query(
    `INSERT INTO model_hook_delivery (id, event_id, listener_id, event, status, attempt, retries, reschedules, duration_ms, created_at)
     VALUES ($1, $2, $3, 'a.created', $4, 1, 0, 0, $5, now() - $6 * interval '1 minute')`,
    [randomUUID(), event, listener, status, durationMs, minutesAgo],
  );
}

/** Many deliveries of the last hour, evenly, and their events. A tenth has failed. */
async function many(of: readonly string[], count: number): Promise<void> {
  const at = `now() - interval '1 hour' * n / ${count}`;
  await query(
    `INSERT INTO model_hook_delivery (id, event_id, listener_id, event, status, attempt, retries, reschedules, duration_ms, created_at)
     SELECT gen_random_uuid(), gen_random_uuid(), ($1::uuid[])[1 + n % $2], 'a.created', CASE WHEN n % 10 = 0 THEN 'failed' ELSE 'done' END,
       1, 0, 0, n % 100, ${at} FROM generate_series(1, ${count}) n`,
    [of, of.length],
  );
  await query(
    `INSERT INTO model_hook_event (id, hook, event, data)
     SELECT (lpad(to_hex((extract(epoch FROM ${at}) * 1000)::bigint), 12, '0') || substr(md5(n::text), 13))::uuid, 'a', 'a.created', '{}'
     FROM generate_series(1, ${count}) n`,
  );
}

function total({ buckets }: HookHistory) {
  const sum = (name: 'events' | 'done' | 'failed') =>
    buckets.reduce((all, bucket) => all + bucket[name], 0);
  return { events: sum('events'), done: sum('done'), failed: sum('failed') };
}

describe('hooks.history', () => {
  it('The default is the last hour by the clock of the database, in minutes', async () => {
    const { since, until, bucketMs, buckets, ...others } = await history();
    const [{ now = new Date() } = {}] = await query<{ now: Date }>('SELECT now() AS now');
    expect(Math.abs(Number(now) - Number(until))).toBeLessThan(2_000);
    expect(Number(until) - Number(since)).toBe(60 * MINUTE_MS);
    expect(bucketMs).toBe(MINUTE_MS);
    expect(buckets).toEqual(
      Array.from({ length: 60 }, (_, n) => ({
        at: new Date(Number(since) + n * MINUTE_MS),
        events: 0,
        done: 0,
        failed: 0,
        skipped: 0,
        open: 0,
      })),
    );
    expect(others).toEqual({ durations: null, oldestWaitingAt: null, isSampled: false });
  });

  it('Each delivery counts in the bucket of its creation, by its status now', async () => {
    const statuses = ['done', 'done', 'failed', 'skipped', 'waiting', 'retrying', 'rescheduled'];
    for (const status of statuses) await delivery({ status, minutesAgo: 25 });
    await delivery({ minutesAgo: 5 });
    await delivery({ minutesAgo: 70 });
    const { buckets } = await history({ buckets: 6 });
    expect(buckets.map(({ at, ...numbers }) => Object.values(numbers))).toEqual([
      [0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0],
      [0, 2, 1, 1, 3],
      [0, 0, 0, 0, 0],
      [0, 1, 0, 0, 0],
    ]);
  });

  it('Events count by the time of their capture, with and without deliveries', async () => {
    application.hooks.define('order', { provides: ['number'] });
    for (const number of [1, 2, 3]) await application.hooks.send('order', { number });
    const { buckets } = await history({ buckets: 4 });
    expect(buckets.map(({ events }) => events)).toEqual([0, 0, 0, 3]);
  });

  it('The durations are those of the last attempts', async () => {
    for (let durationMs = 1; durationMs <= 100; durationMs += 1) await delivery({ durationMs });
    await delivery({ durationMs: null });
    await delivery({ durationMs: 10_000, minutesAgo: 70 });
    expect((await history()).durations).toEqual({ p50: 50, p99: 99 });
  });

  it('The oldest waiting delivery may be older than the history', async () => {
    await delivery({ status: 'done', minutesAgo: 900 });
    await delivery({ status: 'retrying', minutesAgo: 600, listener: ACME[0] as string });
    await delivery({ status: 'waiting', minutesAgo: 300 });
    const waitingMinutes = async (owner?: string) => {
      const { until, oldestWaitingAt } = await history(owner ? { owner } : {});
      return oldestWaitingAt && Math.round((Number(until) - Number(oldestWaitingAt)) / MINUTE_MS);
    };
    expect(await waitingMinutes()).toBe(600);
    expect(await waitingMinutes('acme')).toBe(600);
    expect(await waitingMinutes('other')).toBe(300);
    expect(await waitingMinutes('nobody')).toBeNull();
    await query(
      `INSERT INTO model_hook_chunk (id, process_id, token, lease_until, event_ids, listener_ids, created_at)
       VALUES ($1, $1, 1, now(), '{}', '{}', now() - interval '20 hours')`,
      [randomUUID()],
    );
    expect(await waitingMinutes()).toBe(1_200);
  });

  it('Only the deliveries of its listeners count for an owner, and their events once', async () => {
    const event = randomUUID();
    for (const listener of [...ACME, OTHER]) await delivery({ event, listener, durationMs: 5 });
    await delivery({ listener: OTHER, durationMs: 50 });
    const { buckets, durations } = await history({ owner: 'acme', buckets: 1 });
    expect(buckets).toMatchObject([{ events: 1, done: 2 }]);
    expect(durations).toEqual({ p50: 5, p99: 5 });
    expect(total(await history({ owner: 'nobody' }))).toEqual({ events: 0, done: 0, failed: 0 });
  });

  it('The owner of very many listeners has a history, too', async () => {
    const ids = Array.from({ length: 3_001 }, () => randomUUID());
    await listeners('many', ...ids);
    await delivery({ listener: ids[7] as string });
    await delivery({ listener: ids[8] as string, status: 'waiting' });
    await delivery();
    const { buckets, oldestWaitingAt, isSampled } = await history({ owner: 'many', buckets: 1 });
    expect(buckets).toMatchObject([{ events: 2, done: 1, open: 1 }]);
    expect(oldestWaitingAt).not.toBeNull();
    expect(isSampled).toBe(false);
    await query(`DELETE FROM model_hook_listener WHERE owner = 'many'`);
  });

  it.each<{ since: string; options: HistoryOptions; share: number }>([
    { since: 'the last hour', options: {}, share: 1 },
    { since: 'the year 1', options: { since: new Date('0001-01-01') }, share: 1 },
    { since: 'the last hour for an owner', options: { owner: 'acme' }, share: 2 / 3 },
  ])('More than 10,000 deliveries are estimated, since $since', async ({ options, share }) => {
    const count = 45_000;
    await many([...ACME, OTHER], count);
    const found = await history(options);
    expect(found.isSampled).toBe(true);
    const near = (wanted: number) => ({ least: wanted * 0.85, most: wanted * 1.15 });
    const { events, done, failed } = total(found);
    for (const [number, { least, most }] of [
      [events, near(count * share)],
      [done, near(count * share * 0.9)],
      [failed, near(count * share * 0.1)],
    ] as const) {
      expect(number).toBeGreaterThan(least);
      expect(number).toBeLessThan(most);
    }
    expect(found.durations?.p50).toBeGreaterThan(40);
    expect(found.durations?.p99).toBeLessThan(100);
  });

  it('The deliveries of an owner are estimated by a sample of all if it has many listeners', async () => {
    const ids = Array.from({ length: 300 }, () => randomUUID());
    await listeners('several', ...ids);
    await many([...ids, ...Array.from({ length: 300 }, () => OTHER)], 45_000);
    const found = await history({ owner: 'several' });
    expect(found.isSampled).toBe(true);
    expect(total(found).done).toBeGreaterThan(45_000 * 0.45 * 0.85);
    expect(total(found).done).toBeLessThan(45_000 * 0.45 * 1.15);
    await query(`DELETE FROM model_hook_listener WHERE owner = 'several'`);
  });

  it.each([
    { buckets: 0 },
    { buckets: 501 },
    { buckets: 1.5 },
    { since: new Date('2999-01-01') },
    { since: 7 },
    { owner: undefined },
    { owner: null },
    { until: new Date() },
  ])('It refuses the options %p', async (options) => {
    await expect(history(options as never)).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      option: Object.keys(options)[0],
    });
  });
});
