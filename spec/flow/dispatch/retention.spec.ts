import { type PrunedCounts, Pruning, type RetentionOptions } from '../../../lib/dispatch/pruning';
import { CONSOLE_LOGGER } from '../../../lib/logging/logger';
import { Flow } from '../../support/application/flow';
import { testStore } from '../../support/application/test-store';
import { answering } from '../../support/receivers/answers';
import type { Respond } from '../../support/receivers/receiver';

const HOUR_MS = 3_600_000;

let flow: Flow;

beforeEach(async () => {
  flow = await Flow.start();
});
afterEach(() => flow?.stop());

describe('Pruning', () => {
  it('Old ended deliveries are removed with their attempts, and old events after them', async () => {
    await deliverOne(answering({ status: 500 }, {}));
    const [delivery] = (await flow.hooks.deliveries.find()).items;
    await flow.hooks.deliveries.retry(delivery?.id ?? '');
    await flow.hooks.idle();
    expect(await counts()).toEqual({ event: 1, delivery: 1, attempt: 2 });

    await prune({ eventsMs: HOUR_MS, deliveriesMs: HOUR_MS });
    expect(await counts()).toEqual({ event: 1, delivery: 1, attempt: 2 });

    await age();
    await prune({ eventsMs: 0, deliveriesMs: HOUR_MS });
    expect(await counts()).toEqual({ event: 1, delivery: 0, attempt: 0 });

    await prune({ eventsMs: HOUR_MS, deliveriesMs: HOUR_MS });
    expect(await counts()).toEqual({ event: 0, delivery: 0, attempt: 0 });
  });

  it('A retention of 0 keeps everything forever', async () => {
    await deliverOne();
    await age();
    await prune({ eventsMs: 0, deliveriesMs: 0 });
    expect(await counts()).toEqual({ event: 1, delivery: 1, attempt: 0 });
  });

  it('A delivery with a next attempt is kept with its event', async () => {
    await deliverOne(answering({ status: 500 }));
    await age();
    await prune({ eventsMs: HOUR_MS, deliveriesMs: HOUR_MS });
    expect(await counts()).toEqual({ event: 1, delivery: 1, attempt: 1 });
  });

  it('The event of a chunk that is not sent yet is kept', async () => {
    const endpoint = await flow.listen(() => undefined);
    await flow.savePeople(1);
    await endpoint.receiver.waitFor(1);
    await age();
    await prune({ eventsMs: HOUR_MS, deliveriesMs: HOUR_MS });
    expect(await counts()).toEqual({ event: 1, delivery: 0, attempt: 0 });
  });

  it('An event that is not planned yet is kept', async () => {
    await flow.hooks.detach();
    await flow.savePeople(1);
    await age();
    await prune({ eventsMs: HOUR_MS, deliveriesMs: HOUR_MS });
    expect(await counts()).toEqual({ event: 1, delivery: 0, attempt: 0 });
  });

  it('One run removes all old rows, also those behind many that are kept, and says how many', async () => {
    await flow.listen();
    await flow.hooks.detach();
    const kept = 2_500;
    const ended = 5_000;
    // The oldest ones have a delivery that waits.
    await flow.query(
      `WITH e AS (
         INSERT INTO model_hook_event (id, hook, event, data, process_id, planned_at)
         SELECT gen_random_uuid(), 'person', 'person.created', '{}', gen_random_uuid(), now() - interval '2 days' + n * interval '1 s'
         FROM generate_series(1, ${kept + ended}) n RETURNING id, planned_at
       ) INSERT INTO model_hook_delivery
           (id, event_id, listener_id, event, status, attempt, retries, reschedules, next_at, created_at, updated_at)
         SELECT gen_random_uuid(), id, gen_random_uuid(), 'person.created', CASE WHEN n <= ${kept} THEN 'waiting' ELSE 'done' END,
           0, 0, 0, CASE WHEN n <= ${kept} THEN now() END, planned_at, planned_at
         FROM (SELECT e.*, row_number() OVER (ORDER BY planned_at) AS n FROM e) e`,
    );
    const retention = { eventsMs: HOUR_MS, deliveriesMs: HOUR_MS };
    expect(await prune(retention)).toEqual({ deliveries: ended, events: ended });
    expect(await counts()).toMatchObject({ event: kept, delivery: kept });
    expect(await prune(retention)).toEqual({ deliveries: 0, events: 0 });
  });

  it('Two processes that prune at once delete each row once', async () => {
    await flow.hooks.detach();
    await flow.query(
      `INSERT INTO model_hook_event (id, hook, event, data, process_id, planned_at)
       SELECT gen_random_uuid(), 'person', 'person.created', '{}', gen_random_uuid(), now() - interval '1 day'
       FROM generate_series(1, 5000)`,
    );
    const retention = { eventsMs: HOUR_MS, deliveriesMs: 0 };
    const [one, other] = await Promise.all([prune(retention), prune(retention)]);
    expect(one.events + other.events).toBe(5_000);
    expect(await counts()).toMatchObject({ event: 0 });
  });

  it('Processes that were not seen for a day are removed', async () => {
    await flow.query(
      `INSERT INTO model_hook_process (id, hostname, pid, seen_at)
       VALUES (gen_random_uuid(), 'gone', 1, now() - interval '25 hours')`,
    );
    await prune({ eventsMs: HOUR_MS, deliveriesMs: HOUR_MS });
    const rows = await flow.query<{ pid: number }>('SELECT pid FROM model_hook_process');
    expect(rows).toEqual([{ pid: process.pid }]);
  });
});

describe('a delivery whose event was pruned', () => {
  it('A retry of a delivery whose event was pruned is rejected', async () => {
    await deliverOne();
    await age();
    await prune({ eventsMs: HOUR_MS, deliveriesMs: 0 });
    const [delivery] = (await flow.hooks.deliveries.find()).items;
    await expect(flow.hooks.deliveries.retry(delivery?.id ?? '')).rejects.toMatchObject({
      code: 'DELIVERY_NOT_FOUND',
      message: expect.stringContaining('pruned'),
    });
  });
});

async function deliverOne(respond?: Respond): Promise<void> {
  await flow.listen(respond);
  await flow.savePeople(1);
  await flow.hooks.idle();
}

function prune(retention: Required<RetentionOptions>): Promise<PrunedCounts> {
  const { dataSource } = flow.application;
  return new Pruning(testStore(dataSource, 1), retention, { logger: CONSOLE_LOGGER }).prune();
}

/** Everything that is there is a day older. */
async function age(): Promise<void> {
  const day = "interval '1 day'";
  await flow.query(
    `UPDATE model_hook_event SET occurred_at = occurred_at - ${day}, planned_at = planned_at - ${day}`,
  );
  await flow.query(
    `UPDATE model_hook_delivery SET created_at = created_at - ${day}, updated_at = updated_at - ${day}`,
  );
}

async function counts(): Promise<unknown> {
  const [row] = await flow.query(
    `SELECT (SELECT count(*)::int FROM model_hook_event) AS event,
       (SELECT count(*)::int FROM model_hook_delivery) AS delivery,
       (SELECT count(*)::int FROM model_hook_attempt) AS attempt`,
  );
  return row;
}
