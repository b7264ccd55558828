import { randomUUID } from 'node:crypto';
import type { OutcomeRow } from '../../lib/store/outcomes';
import type { Store } from '../../lib/store/store';
import { type Application, startApplication } from '../support/application/application';
import { testStore } from '../support/application/test-store';

let application: Application;
let store: Store;

beforeAll(async () => {
  application = await startApplication({ entities: [], attach: { work: false } });
  store = testStore(application.dataSource);
});
afterAll(() => application?.stop());

const query = <Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> =>
  application.dataSource.query(sql, parameters);

/** A stored chunk of one delivery. */
async function storedChunk(token = '1') {
  const ids = {
    id: randomUUID(),
    token,
    eventId: randomUUID(),
    listenerId: randomUUID(),
    deliveryId: randomUUID(),
  };
  await query(
    `INSERT INTO model_hook_chunk (id, process_id, token, lease_until, event_ids, listener_ids)
     VALUES ($1, $2, $3, now(), ARRAY[$4::uuid], ARRAY[$5::uuid])`,
    [ids.id, randomUUID(), token, ids.eventId, ids.listenerId],
  );
  return ids;
}

type StoredChunk = Awaited<ReturnType<typeof storedChunk>>;

function row(chunk: StoredChunk, values: Partial<OutcomeRow> = {}): OutcomeRow {
  return {
    chunk: 0,
    event: 0,
    id: chunk.deliveryId,
    listener_id: chunk.listenerId,
    status: 'done',
    attempt: 1,
    ...NOTHING,
    ...values,
  };
}

const NOTHING = {
  retries: undefined,
  reschedules: undefined,
  after_ms: undefined,
  http_status: undefined,
  reason: undefined,
  response: undefined,
  retval: undefined,
  detail: undefined,
  duration_ms: undefined,
  attempted_at: undefined,
  is_kept: undefined,
  gives_turn: undefined,
  closes: undefined,
};

function record(chunk: StoredChunk, values: Partial<OutcomeRow> = {}, token = chunk.token) {
  return store.outcomes.record(
    [row(chunk, values)],
    [{ place: 0, id: chunk.id, token }],
    [{ place: 0, id: chunk.eventId, name: 'person.created' }],
  );
}

const deliveryOf = async ({ deliveryId }: StoredChunk) =>
  (await store.deliveries.get(deliveryId)) ?? null;

const chunkCount = async ({ id }: StoredChunk) =>
  (await query('SELECT FROM model_hook_chunk WHERE id = $1', [id])).length;

const turnsOf = ({ listenerId }: StoredChunk) =>
  query<{ ahead: number }>(
    `SELECT round(extract(epoch FROM ready_at - now()))::int AS ahead FROM model_hook_turn
     WHERE listener_id = $1`,
    [listenerId],
  );

describe('Outcomes.record', () => {
  it('An outcome under the current token is stored, and the chunk that it closes is deleted', async () => {
    const chunk = await storedChunk();
    expect(await record(chunk, { closes: true, reason: 'why' })).toEqual([
      { place: 0, repeated: null },
    ]);
    expect(await deliveryOf(chunk)).toMatchObject({
      event_id: chunk.eventId,
      event: 'person.created',
      status: 'done',
      attempt: 1,
      retries: 0,
      reschedules: 0,
      reason: 'why',
      next_at: null,
    });
    expect(await chunkCount(chunk)).toBe(0);
  });

  it('A chunk stays until an outcome closes it', async () => {
    const chunk = await storedChunk();
    await record(chunk);
    expect(await chunkCount(chunk)).toBe(1);
  });

  it.each(['1', '3'])(
    'Nothing is stored under token %s while the chunk has token 2',
    async (token) => {
      const chunk = await storedChunk('2');
      const values = { closes: true, gives_turn: true, is_kept: true } as const;
      expect(await record(chunk, values, token)).toEqual([]);
      expect(await deliveryOf(chunk)).toBeNull();
      expect(await chunkCount(chunk)).toBe(1);
      expect(await turnsOf(chunk)).toEqual([]);
      expect(await store.deliveries.attempts(chunk.deliveryId)).toEqual([]);
    },
  );

  it('Outcomes of leased chunks are stored beside those of a chunk that was taken over', async () => {
    const [ours, lost] = [await storedChunk(), await storedChunk('2')];
    const answers = await store.outcomes.record(
      [row(ours), row(lost, { chunk: 1, event: 1 })],
      [
        { place: 0, id: ours.id, token: '1' },
        { place: 1, id: lost.id, token: '1' },
      ],
      [ours, lost].map(({ eventId }, place) => ({ place, id: eventId, name: 'a' })),
    );
    expect(answers).toEqual([{ place: 0, repeated: null }]);
    expect(await deliveryOf(ours)).not.toBeNull();
    expect(await deliveryOf(lost)).toBeNull();
  });

  it('A delivery whose outcome was stored before is returned as repeated, and keeps that outcome', async () => {
    const chunk = await storedChunk();
    await record(chunk, { status: 'done' });
    const answers = await record(chunk, { status: 'failed', reason: 'late' });
    expect(answers).toEqual([
      { place: 0, repeated: null },
      { place: null, repeated: chunk.deliveryId },
    ]);
    expect(await deliveryOf(chunk)).toMatchObject({ status: 'done', reason: null });
  });

  it('A delivery that is assigned to the chunk gets its next outcome', async () => {
    const first = await storedChunk();
    await record(first, { status: 'retrying', after_ms: 60_000, retries: 1, http_status: 500 });
    const second = { ...(await storedChunk()), deliveryId: first.deliveryId };
    await query('UPDATE model_hook_delivery SET chunk_id = $1 WHERE id = $2', [
      second.id,
      first.deliveryId,
    ]);
    expect(await record(second, { status: 'waiting', after_ms: 1_000, attempt: 1 })).toEqual([
      { place: 0, repeated: null },
    ]);
    // No request was sent for the second outcome, so the last reply is still that of the first.
    expect(await deliveryOf(first)).toMatchObject({
      status: 'waiting',
      chunk_id: null,
      http_status: 500,
    });
  });

  it('A listener gets one turn, for the delivery that is due first', async () => {
    const chunk = await storedChunk();
    await store.outcomes.record(
      [120_000, 60_000].map((after_ms) =>
        row(chunk, { id: randomUUID(), status: 'retrying', after_ms, gives_turn: true }),
      ),
      [{ place: 0, id: chunk.id, token: chunk.token }],
      [{ place: 0, id: chunk.eventId, name: 'a' }],
    );
    expect(await turnsOf(chunk)).toEqual([{ ahead: 60 }]);
  });

  it('A turn is due at once if the outcome has no delay', async () => {
    const chunk = await storedChunk();
    await record(chunk, { gives_turn: true });
    expect(await turnsOf(chunk)).toEqual([{ ahead: 0 }]);
  });

  it('An attempt gets a row of its own if the outcome asks for it', async () => {
    const chunk = await storedChunk();
    await record(chunk, {
      status: 'retrying',
      after_ms: 1,
      is_kept: true,
      http_status: 503,
      duration_ms: 7,
      attempted_at: new Date(0).toISOString(),
    });
    expect(await store.deliveries.attempts(chunk.deliveryId)).toMatchObject([
      {
        number: 1,
        outcome: 'retrying',
        http_status: 503,
        duration_ms: 7,
        attempted_at: new Date(0),
      },
    ]);
  });
});

describe('Outcomes.closeChunk', () => {
  it('A chunk is deleted under its current token only', async () => {
    const chunk = await storedChunk('2');
    await store.outcomes.closeChunk({ id: chunk.id, token: '1' });
    expect(await chunkCount(chunk)).toBe(1);
    await store.outcomes.closeChunk(chunk);
    expect(await chunkCount(chunk)).toBe(0);
  });
});

describe('Outcomes.storeHealth', () => {
  const listener = async () =>
    (await application.hooks.listen('*', `https://example.com/${randomUUID()}`).save()).id;
  const health = async (id: string) => {
    const [row] = await query<{ failing_since: Date | null; paused: number | null }>(
      `SELECT failing_since, round(extract(epoch FROM paused_until - now()))::int AS paused
       FROM model_hook_listener WHERE id = $1`,
      [id],
    );
    return row;
  };

  it('The first failure is stored until an answer ends the failing', async () => {
    const id = await listener();
    await store.outcomes.storeHealth([{ id, healthy: false, pause_ms: null }]);
    const failing = await health(id);
    expect(failing?.failing_since).toBeInstanceOf(Date);
    await store.outcomes.storeHealth([{ id, healthy: false, pause_ms: null }]);
    await store.outcomes.storeHealth([{ id, healthy: null, pause_ms: 60_000 }]);
    expect(await health(id)).toEqual({ ...failing, paused: 60 });
    await store.outcomes.storeHealth([{ id, healthy: true, pause_ms: null }]);
    expect(await health(id)).toEqual({ failing_since: null, paused: 60 });
  });

  it('A listener that is not active does not change', async () => {
    const id = await listener();
    await store.listeners.deactivate([{ id, why: 'gone' }], { onlyActive: true });
    await store.outcomes.storeHealth([{ id, healthy: false, pause_ms: 60_000 }]);
    expect(await health(id)).toEqual({ failing_since: null, paused: null });
  });
});
