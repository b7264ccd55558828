import { randomUUID } from 'node:crypto';
import type { BulkResult, ReplayOptions } from '../../../lib';
import { Flow } from '../../support/application/flow';
import { answering, headers } from '../../support/receivers/answers';

const NO_RETRIES = { delivery: { retries: 0 } };

let flow: Flow;
beforeAll(async () => {
  flow = await Flow.start({ attach: { sweepMs: 100 } });
});
afterEach(() => flow.clear());
afterAll(() => flow?.stop());

describe('hooks.deliveries.replay', () => {
  it('Ended deliveries of a status are sent again under the same ids, with the next attempt', async () => {
    const respond = answering({}, { status: 500 }, { status: 500 }, {});
    const { receiver, listener } = await flow.listen(respond, NO_RETRIES);
    await flow.savePeople(3);
    await flow.hooks.idle();
    const { items: failed } = await find(listener.id, 'failed');
    const result = await flow.hooks.deliveries.replay({ listener: listener.id, status: 'failed' });
    expect(result).toEqual({ count: 2, cursor: null });
    await flow.hooks.idle();

    const again = receiver.received.slice(3).map((request) => request.headers['hook-delivery']);
    expect(again.sort()).toEqual(failed.map(({ id }) => id).sort());
    expect(headers(receiver, 'hook-attempt').slice(3)).toEqual(['2', '2']);
    expect((await find(listener.id, 'done')).items).toHaveLength(3);
    const log = await flow.hooks.deliveries.get(failed[0]?.id ?? '');
    expect(log?.attempts.map(({ outcome }) => outcome)).toEqual(['failed', 'done']);
  });

  it('Each delivery is sent as a new event with newId, to its listener only, and the old ones stay as they are', async () => {
    const one = await flow.listen(undefined, { format: 'envelope' });
    const other = await flow.listen();
    await flow.savePeople(2);
    await flow.hooks.idle();
    const replayed = { listener: one.listener.id, newId: true };
    expect(await flow.hooks.deliveries.replay(replayed)).toEqual({ count: 2, cursor: null });
    await flow.hooks.idle();

    expect(other.receiver.received).toHaveLength(2);
    const bodies = one.receiver.received.map(({ body }) => body as { id: string; data: object });
    expect(bodies.slice(2).map(({ data }) => data)).toEqual(
      bodies.slice(0, 2).map(({ data }) => data),
    );
    expect(new Set(bodies.map(({ id }) => id)).size).toBe(4);
    expect(new Set(headers(one.receiver, 'hook-delivery')).size).toBe(4);
    expect(headers(one.receiver, 'hook-attempt')).toEqual(['1', '1', '1', '1']);
    expect(await flow.pendingEvents()).toBe(0);
  });

  it('An ordered listener gets replayed events as new events in the order of their rows', async () => {
    const { receiver, listener } = await flow.listen(undefined, { ordered: true });
    const [joe] = await flow.savePeople(1);
    for (const name of ['v2', 'v3'])
      await flow.dataSource.manager.save(Object.assign(joe as object, { name }));
    await flow.hooks.idle();
    await flow.hooks.deliveries.replay({ listener: listener.id, newId: true });
    await flow.hooks.idle();
    const names = receiver.received.map(({ body }) => (body as { name: string }).name);
    expect(names).toEqual(['Joe', 'v2', 'v3', 'Joe', 'v2', 'v3']);
  });

  it.each([{ newId: false }, { newId: true }])(
    'A limited replay goes on at its cursor and sends each delivery once, with %j',
    async ({ newId }) => {
      const { receiver, listener } = await flow.listen();
      await flow.savePeople(25);
      await flow.hooks.idle();
      const calls: number[] = [];
      let cursor: string | null = null;
      do {
        const options: ReplayOptions = { listener: listener.id, newId, limit: 10, cursor };
        const result: BulkResult = await flow.hooks.deliveries.replay(options);
        calls.push(result.count);
        cursor = result.cursor;
        await flow.hooks.idle();
      } while (cursor !== null);
      expect(calls).toEqual([10, 10, 5]);
      const ids = headers(receiver, 'hook-delivery');
      expect(ids).toHaveLength(50);
      expect(new Set(ids).size).toBe(newId ? 50 : 25);
    },
  );

  it('An aborted replay resolves with its cursor, and progress is reported after each batch', async () => {
    const { receiver, listener } = await flow.listen();
    await flow.savePeople(7);
    await flow.hooks.idle();
    const stop = new AbortController();
    const reports: number[] = [];
    const onProgress = ({ count }: BulkResult) => {
      reports.push(count);
      if (count >= 4) stop.abort();
      throw new Error('onProgress must not fail a replay');
    };
    const only = { listener: listener.id };
    const paced = { ...only, maxPerSecond: 2, signal: stop.signal, onProgress };
    const { count, cursor } = await flow.hooks.deliveries.replay(paced);
    expect([count, reports]).toEqual([4, [2, 4]]);
    expect(cursor).not.toBeNull();
    expect(await flow.hooks.deliveries.replay({ ...only, cursor })).toEqual({
      count: 3,
      cursor: null,
    });
    await flow.hooks.idle();
    expect(receiver.received).toHaveLength(14);
  });

  it('Deliveries whose event was pruned are left out and not counted', async () => {
    const { receiver, listener } = await flow.listen();
    await flow.savePeople(3);
    await flow.hooks.idle();
    const { items } = await find(listener.id, 'done');
    await flow.query('DELETE FROM model_hook_event WHERE id = $1', [items[0]?.eventId]);
    const only = { listener: listener.id };
    expect(await flow.hooks.deliveries.replay(only)).toEqual({ count: 2, cursor: null });
    expect(await flow.hooks.deliveries.replay({ ...only, newId: true })).toMatchObject({
      cursor: null,
    });
    await flow.hooks.idle();
    expect(receiver.received.length).toBeGreaterThanOrEqual(5);
  });

  it('Deliveries that have not ended are left out', async () => {
    const { listener } = await flow.listen(answering({ status: 500 }));
    await flow.savePeople(2);
    await flow.hooks.idle();
    const only = { listener: listener.id };
    expect(await flow.hooks.deliveries.replay(only)).toEqual({ count: 0, cursor: null });
    expect((await find(listener.id, 'retrying')).items).toHaveLength(2);
  });

  it('The options since and until bound when the deliveries were created', async () => {
    const { listener } = await flow.listen();
    await flow.savePeople(2);
    await flow.hooks.idle();
    const { items } = await find(listener.id, 'done');
    const first = new Date(Math.min(...items.map(({ createdAt }) => createdAt.getTime())));
    const only = { listener: listener.id };
    expect(await flow.hooks.deliveries.replay({ ...only, until: first })).toMatchObject({
      count: 0,
    });
    const later = new Date(Date.now() + 86_400_000);
    expect(await flow.hooks.deliveries.replay({ ...only, since: later })).toMatchObject({
      count: 0,
    });
    expect(await flow.hooks.deliveries.replay({ ...only, since: first })).toMatchObject({
      count: 2,
    });
    await flow.hooks.idle();
  });

  it.each([
    { limit: 0 },
    { maxPerSecond: 0 },
    { maxPerSecond: Number.NaN },
    { status: 'waiting' as 'done' },
    { cursor: 'nonsense' },
    { cursor: Buffer.from('["prune","events"]').toString('base64url') },
    { cursor: Buffer.from('["replay","x",0]').toString('base64url') },
    { listener: undefined as never },
    { signal: {} as AbortSignal },
  ])('replay() refuses the options %j', async (options) => {
    await expect(flow.hooks.deliveries.replay(options)).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      option: Object.keys(options)[0],
    });
  });

  it('A replay of a listener that does not exist sends nothing', async () => {
    const listener = randomUUID();
    expect(await flow.hooks.deliveries.replay({ listener })).toEqual({ count: 0, cursor: null });
  });
});

describe('hooks.deliveries.prune', () => {
  it('Old deliveries and events are deleted up to the limit, and the rest from its cursor on', async () => {
    await flow.query('DELETE FROM model_hook_delivery');
    await flow.listen();
    await flow.savePeople(5);
    await flow.hooks.idle();
    await flow.query("UPDATE model_hook_event SET planned_at = now() - interval '2 hours'");
    await flow.query(
      "UPDATE model_hook_delivery SET created_at = now() - interval '2 hours', updated_at = now() - interval '2 hours'",
    );
    const ages = { eventsMs: 3_600_000, deliveriesMs: 3_600_000 };
    const rows = (await flow.query('SELECT FROM model_hook_delivery')).length;
    const first = await flow.hooks.deliveries.prune({ ...ages, limit: 3 });
    expect(first.count).toBe(3);
    const second = await flow.hooks.deliveries.prune({ ...ages, cursor: first.cursor });
    expect(second.cursor).toBeNull();
    expect(await flow.query('SELECT FROM model_hook_delivery')).toEqual([]);
    expect(await flow.query('SELECT FROM model_hook_event')).toEqual([]);
    expect(first.count + second.count).toBeGreaterThanOrEqual(rows + 5);
  });

  it('An age of 0 keeps rows, and ages that are left out are those of the option retention', async () => {
    await flow.listen();
    await flow.savePeople(2);
    await flow.hooks.idle();
    const keep = { eventsMs: 0, deliveriesMs: 0 };
    expect(await flow.hooks.deliveries.prune(keep)).toEqual({ count: 0, cursor: null });
    expect(await flow.hooks.deliveries.prune()).toEqual({ count: 0, cursor: null });
  });

  it.each([
    { eventsMs: -1 },
    { deliveriesMs: Number.NaN },
    { limit: 1.5 },
    { cursor: Buffer.from('["prune","events","x","y"]').toString('base64url') },
    { typo: 1 },
  ])('prune() refuses the options %j', async (options) => {
    await expect(flow.hooks.deliveries.prune(options)).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      option: Object.keys(options)[0],
    });
  });
});

function find(listener: string, status: 'done' | 'failed' | 'retrying') {
  return flow.hooks.deliveries.find({ listener, status });
}
