import { randomUUID } from 'node:crypto';
import { deliveryId } from '../../lib/delivery/chunk/chunk';
import { UNHELD_TOKEN } from '../../lib/store/chunks';
import type { Store } from '../../lib/store/store';
import type { DueHere } from '../../lib/store/upkeep';
import { type Application, startApplication } from '../support/application/application';
import { testStore } from '../support/application/test-store';

const LEASE = { processId: randomUUID(), leaseMs: 60_000 };
const HERE: DueHere = {
  hooks: [{ name: 'person', shape: 'fields' }],
  encryptionKeyIds: [],
  soonMs: 1_500,
  barred: [],
};

let application: Application;
let store: Store;

beforeAll(async () => {
  application = await startApplication({ entities: [], attach: { work: false } });
  store = testStore(application.dataSource);
});
beforeEach(() =>
  query('TRUNCATE model_hook_event, model_hook_chunk, model_hook_delivery, model_hook_head'),
);
afterAll(() => application?.stop());

describe('Upkeep.countDue', () => {
  it('countDue() counts nothing where there is nothing', async () => {
    expect(await store.upkeep.countDue(HERE)).toEqual({ events: 0, chunks: 0, deliveries: 0 });
  });

  it('countDue() counts chunks without a lease', async () => {
    await chunkOf([randomUUID()]);
    expect(await store.upkeep.countDue(HERE)).toMatchObject({ chunks: 1 });
  });

  it.each([
    { what: 'a waiting delivery that is due', delivery: { afterMs: -1 }, deliveries: 1 },
    { what: 'a waiting delivery that is due soon', delivery: { afterMs: 1_000 }, deliveries: 1 },
    { what: 'no waiting delivery of later', delivery: { afterMs: 60_000 }, deliveries: 0 },
    {
      what: 'no retry that is due soon',
      delivery: { afterMs: 1_000, status: 'retrying' },
      deliveries: 0,
    },
    { what: 'a retry that is due', delivery: { afterMs: -1, status: 'retrying' }, deliveries: 1 },
    {
      what: 'no delivery of a barred listener',
      delivery: { afterMs: -1, isBarred: true },
      deliveries: 0,
    },
  ])(
    'countDue() counts $what',
    async ({ delivery: { isBarred = false, ...delivery }, deliveries }) => {
      const listenerId = randomUUID();
      await deliveryOf({ ...delivery, listenerId });
      const barred = isBarred ? [listenerId] : [];
      expect(await store.upkeep.countDue({ ...HERE, barred })).toMatchObject({ deliveries });
    },
  );

  it('countDue() counts one due delivery about a row, the first that is still open', async () => {
    const shared = { listenerId: randomUUID(), rowId: randomUUID(), afterMs: -1 };
    for (const sequence of [1, 2, 3]) await deliveryOf({ ...shared, sequence });
    expect(await store.upkeep.countDue(HERE)).toMatchObject({ deliveries: 1 });
  });
});

describe('Upkeep.areTried', () => {
  it('areTried() is false for an event that is not planned', async () => {
    const id = await eventOf({ isPlanned: false });
    expect(await store.upkeep.areTried([id])).toBe(false);
  });

  it('areTried() is true for an event that is planned without a delivery', async () => {
    const id = await eventOf({ isPlanned: true });
    expect(await store.upkeep.areTried([id])).toBe(true);
  });

  it('areTried() is false until each delivery of a chunk has a row', async () => {
    const id = await eventOf({ isPlanned: true });
    const [first = '', second = ''] = await chunkOf([id, id]);
    expect(await store.upkeep.areTried([id])).toBe(false);
    await deliveryOf({ eventId: id, listenerId: first, status: 'done' });
    expect(await store.upkeep.areTried([id])).toBe(false);
    await deliveryOf({ eventId: id, listenerId: second, status: 'retrying', afterMs: 9_000 });
    expect(await store.upkeep.areTried([id])).toBe(true);
  });

  it('areTried() is false while a delivery in turn waits for its first attempt', async () => {
    const id = await eventOf({ isPlanned: true });
    await deliveryOf({ eventId: id, afterMs: 0 });
    expect(await store.upkeep.areTried([id])).toBe(false);
    await query("UPDATE model_hook_delivery SET reason = 'paused'");
    expect(await store.upkeep.areTried([id])).toBe(true);
  });
});

describe('Upkeep.deliveryBacklog', () => {
  it('deliveryBacklog() counts deliveries in chunks once, with or without a row', async () => {
    const [first = ''] = await chunkOf([EVENT, EVENT]);
    expect(await store.upkeep.deliveryBacklog(deliveryId)).toMatchObject({ waiting: 2 });
    const id = deliveryId(EVENT, first);
    await deliveryOf({ id, eventId: EVENT, listenerId: first, afterMs: 60_000 });
    expect(await store.upkeep.deliveryBacklog(deliveryId)).toMatchObject({
      waiting: 2,
      oldestAt: expect.any(Date),
    });
    await query("UPDATE model_hook_delivery SET status = 'done', next_at = NULL");
    expect(await store.upkeep.deliveryBacklog(deliveryId)).toMatchObject({ waiting: 1 });
  });

  it('deliveryBacklog() has no oldest delivery if none waits', async () => {
    expect(await store.upkeep.deliveryBacklog(deliveryId)).toEqual({ waiting: 0, oldestAt: null });
  });
});

describe('a backlog of more than 10,000', () => {
  const MANY = 15_000;

  it('deliveryBacklog() estimates what is beyond an exact count from the pages of the table', async () => {
    await query(
      `INSERT INTO model_hook_delivery (id, event_id, listener_id, event, status, attempt, retries, reschedules, next_at)
       SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'e', CASE WHEN n <= ${MANY} THEN 'waiting' ELSE 'done' END, 0, 0, 0,
         CASE WHEN n <= ${MANY} THEN now() END FROM generate_series(1, ${MANY + 2_000}) n`,
    );
    const { waiting, oldestAt } = await store.upkeep.deliveryBacklog(deliveryId);
    expect(waiting).toBe(MANY);
    expect(oldestAt).toEqual(expect.any(Date));
  });

  it('eventBacklog() estimates what is beyond an exact count from the pages of the table', async () => {
    await query(
      `INSERT INTO model_hook_event (id, hook, event, data, planned_at)
       SELECT gen_random_uuid(), 'person', 'person.created', '{}', CASE WHEN n > ${MANY} THEN now() END
       FROM generate_series(1, ${MANY + 2_000}) n`,
    );
    expect(await store.upkeep.eventBacklog()).toMatchObject({ waiting: MANY });
  });
});

describe('Upkeep.ratesWithin', () => {
  it('ratesWithin() gives the rates of the last 10,000 if there are more', async () => {
    await query(
      `INSERT INTO model_hook_delivery (id, event_id, listener_id, event, status, attempt, retries, reschedules, created_at)
       SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'e', 'done', 0, 0, 0, now() - n * interval '1 ms'
       FROM generate_series(1, 12000) n`,
    );
    const [{ perSecond = 0 } = {}] = await store.upkeep.ratesWithin(60);
    // Ten thousand in ten seconds, and in the time that storing them took.
    expect(perSecond).toBeGreaterThan(200);
    expect(perSecond).toBeLessThanOrEqual(1_000);
  });

  it('ratesWithin() gives the rates of that time by status', async () => {
    for (const status of ['done', 'done', 'failed']) await deliveryOf({ status });
    await query(
      "UPDATE model_hook_delivery SET created_at = now() - interval '1 hour' WHERE status = 'failed'",
    );
    expect(await store.upkeep.ratesWithin(60)).toEqual([{ status: 'done', perSecond: 2 / 60 }]);
  });
});

describe('Upkeep.readiness', () => {
  it('readiness() names no table if all exist', async () => {
    expect(await store.upkeep.readiness()).toEqual({ encoding: 'UTF8', missing: [] });
  });
});

const EVENT = randomUUID();

function query(sql: string, parameters: readonly unknown[] = []): Promise<unknown> {
  return application.dataSource.query(sql, [...parameters]);
}

async function eventOf({ isPlanned }: { readonly isPlanned: boolean }): Promise<string> {
  const id = randomUUID();
  await query(
    `INSERT INTO model_hook_event (id, hook, event, data, process_id, planned_at)
     VALUES ($1, 'person', 'person.created', '{}', gen_random_uuid(), CASE WHEN $2 THEN now() END)`,
    [id, isPlanned],
  );
  return id;
}

/** An unheld chunk with one delivery for each event. Returns the listeners. */
async function chunkOf(eventIds: readonly string[]): Promise<readonly string[]> {
  const listenerIds = eventIds.map(() => randomUUID());
  const chunk = { id: randomUUID(), token: UNHELD_TOKEN, eventIds, listenerIds };
  await store.chunks.put([chunk], UNHELD_TOKEN, LEASE);
  return listenerIds;
}

interface NewDelivery {
  readonly id?: string;
  readonly eventId?: string;
  readonly listenerId?: string;
  readonly status?: string;
  /** When it is due; never if it is left out. */
  readonly afterMs?: number;
  readonly rowId?: string;
  readonly sequence?: number;
}

async function deliveryOf({
  id = randomUUID(),
  eventId = randomUUID(),
  listenerId = randomUUID(),
  status = 'waiting',
  afterMs,
  rowId,
  sequence,
}: NewDelivery): Promise<void> {
  await query(
    `INSERT INTO model_hook_delivery (id, event_id, listener_id, event, status, attempt, retries, reschedules, next_at, row_id, sequence)
     VALUES ($1, $2, $3, 'person.created', $4, 0, 0, 0, now() + $5 * interval '1 millisecond', $6, $7)`,
    [id, eventId, listenerId, status, afterMs ?? null, rowId ?? null, sequence ?? null],
  );
}
