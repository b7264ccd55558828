import { randomUUID } from 'node:crypto';
import type { PageConditions } from '../../lib/store/deliveries';
import type { Store } from '../../lib/store/store';
import { type Application, startApplication } from '../support/application/application';
import { testStore } from '../support/application/test-store';

let application: Application;
let store: Store;

beforeAll(async () => {
  application = await startApplication({ entities: [], attach: { work: false } });
  store = testStore(application.dataSource);
});
beforeEach(() => query('TRUNCATE model_hook_delivery, model_hook_attempt, model_hook_turn'));
afterAll(() => application?.stop());

const query = <Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> =>
  application.dataSource.query(sql, parameters);

const ANY: PageConditions = {
  listener: undefined,
  event: undefined,
  status: undefined,
  since: undefined,
  until: undefined,
  cursor: undefined,
};

interface Stored {
  readonly id: string;
  readonly event_id: string;
  readonly listener_id: string;
}

async function stored(values: Readonly<Record<string, unknown>> = {}): Promise<Stored> {
  const row = {
    id: randomUUID(),
    event_id: randomUUID(),
    listener_id: randomUUID(),
    event: 'person.created',
    status: 'done',
    attempt: 1,
    retries: 0,
    reschedules: 0,
    ...values,
  };
  const columns = Object.keys(row);
  await query(
    `INSERT INTO model_hook_delivery (${columns.join()}) VALUES (${columns.map((_, n) => `$${n + 1}`).join()})`,
    Object.values(row),
  );
  return row;
}

async function withEvent(values: Readonly<Record<string, unknown>> = {}): Promise<Stored> {
  const delivery = await stored(values);
  await query(
    "INSERT INTO model_hook_event (id, hook, event, data, process_id) VALUES ($1, 'a', 'a', '{}', $2)",
    [delivery.event_id, randomUUID()],
  );
  return delivery;
}

const idsOf = async (conditions: Partial<PageConditions>, limit = 10) =>
  (await store.deliveries.page({ ...ANY, ...conditions }, limit)).map(({ id }) => id);

const cursorAfter = (id: string) => store.deliveries.cursorAfter({ id, createdAt: new Date() });

describe('DeliveryRows.page', () => {
  it('A page has the newest first, and the next one continues after a position', async () => {
    const times = ['2026-01-01 00:00:00.000001Z', '2026-01-01 00:00:00.000002Z', '2026-01-02Z'];
    const ids: string[] = [];
    for (const created_at of times) ids.unshift((await stored({ created_at })).id);
    expect(await idsOf({}, 2)).toEqual(ids.slice(0, 2));
    // The first two differ by a microsecond, which a Date would lose.
    const cursor = await cursorAfter(ids[1] ?? '');
    expect(await idsOf({ cursor })).toEqual(ids.slice(2));
  });

  it('Deliveries of one time are ordered by their ids', async () => {
    const created_at = new Date();
    const ids = await Promise.all(
      Array.from({ length: 5 }, async () => (await stored({ created_at })).id),
    );
    const ordered = [...ids].sort().reverse();
    const cursor = await cursorAfter(ordered[1] ?? '');
    expect(await idsOf({})).toEqual(ordered);
    expect(await idsOf({ cursor })).toEqual(ordered.slice(2));
  });

  it('A page has the deliveries that fit every condition', async () => {
    const wanted = await stored({ status: 'failed', created_at: new Date(2_000) });
    await stored({ status: 'failed', created_at: new Date(1_000) });
    await stored({ status: 'failed', created_at: new Date(3_000) });
    await stored({ status: 'done', created_at: new Date(2_000) });
    const range = { since: new Date(2_000), until: new Date(3_000) };
    expect(await idsOf({ status: 'failed', ...range })).toEqual([wanted.id]);
    const { listener_id: listener, event_id: event } = wanted;
    expect(await idsOf({ listener })).toEqual([wanted.id]);
    expect(await idsOf({ event })).toEqual([wanted.id]);
    expect(await idsOf({ event: 'person.created' })).toHaveLength(4);
    expect(await idsOf({ event: 'person.updated' })).toEqual([]);
    expect(await idsOf({ listener: 'no uuid' })).toEqual([]);
  });
});

describe('DeliveryRows.states', () => {
  it('A state is how often a stored delivery was tried, and in which chunk it is', async () => {
    const chunk_id = randomUUID();
    const { id } = await stored({ chunk_id, attempt: 3, retries: 2, row_id: randomUUID() });
    expect(await store.deliveries.states([id, randomUUID()])).toEqual([
      { id, chunk_id, attempt: 3, retries: 2, reschedules: 0, ordered: true },
    ]);
  });
});

describe('DeliveryRows.retry', () => {
  const turns = ({ listener_id }: Stored) =>
    query('SELECT FROM model_hook_turn WHERE listener_id = $1 AND ready_at <= now()', [
      listener_id,
    ]);

  it('An ended delivery becomes due with all its retries, and its only attempt is kept', async () => {
    const attempted_at = new Date(0);
    const delivery = await withEvent({
      status: 'failed',
      retries: 5,
      attempted_at,
      duration_ms: 1,
    });
    expect(await store.deliveries.retry(delivery.id)).toBe(true);
    expect(await store.deliveries.get(delivery.id)).toMatchObject({
      status: 'waiting',
      attempt: 1,
      retries: 0,
      next_at: expect.any(Date),
    });
    expect(await store.deliveries.attempts(delivery.id)).toMatchObject([
      { number: 1, outcome: 'failed', attempted_at },
    ]);
    expect(await turns(delivery)).toHaveLength(1);
  });

  it('A delivery that is being sent stays in its chunk', async () => {
    const chunk_id = randomUUID();
    const delivery = await withEvent({ status: 'retrying', retries: 5, chunk_id });
    expect(await store.deliveries.retry(delivery.id)).toBe(true);
    expect(await store.deliveries.get(delivery.id)).toMatchObject({
      status: 'retrying',
      chunk_id,
      retries: 0,
      next_at: null,
    });
  });

  it('Nothing happens if the delivery or its event is not stored', async () => {
    const delivery = await stored();
    expect(await store.deliveries.retry(delivery.id)).toBe(false);
    expect(await store.deliveries.retry(randomUUID())).toBe(false);
    expect(await turns(delivery)).toEqual([]);
  });
});
