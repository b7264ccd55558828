import type { Delivery, DeliveryWhere, Listener } from '../../../lib';
import { Flow } from '../../support/application/flow';
import { answering } from '../../support/receivers/answers';

let flow: Flow;
beforeAll(async () => {
  flow = await Flow.start({ attach: { sweepMs: 100 } });
});
afterEach(async () => {
  await flow.clear();
  await flow.query('TRUNCATE model_hook_delivery, model_hook_event');
});
afterAll(() => flow?.stop());

/** Two listeners of acme, one of another owner and one of none; each has two deliveries. */
async function delivered() {
  const failing = answering({ status: 500 });
  const once = { delivery: { retries: 0 } };
  const one = await flow.listen(undefined, once);
  const two = await flow.listen(failing, once);
  const other = await flow.listen(failing, once);
  await flow.listen();
  await flow.savePeople(2);
  await flow.hooks.idle();
  await own(one.listener, 'acme');
  await own(two.listener, 'acme');
  await own(other.listener, 'other');
  return { one, two, other };
}

/** People have no sender, so their listeners cannot be saved with an owner. */
const own = ({ id }: Listener, owner: string) =>
  flow.query('UPDATE model_hook_listener SET owner = $2 WHERE id = $1', [id, owner]);

const find = async (where: DeliveryWhere) => (await flow.hooks.deliveries.find(where)).items;
const listenersOf = (items: readonly Delivery[]) =>
  [...new Set(items.map(({ listenerId }) => listenerId))].sort();

async function deliveriesOf(owner: string): Promise<readonly Delivery[]> {
  return find({ owner });
}

describe('hooks.deliveries.find', () => {
  it('The criterion owner combines with all others', async () => {
    const { one, two, other } = await delivered();
    const ids = [one.listener.id, two.listener.id];
    const [{ eventId: event = '' } = {}] = await find({ owner: 'acme' });
    expect(listenersOf(await find({ owner: 'acme' }))).toEqual(ids.toSorted());
    expect(await find({ owner: 'acme' })).toHaveLength(4);
    expect(await find({ owner: 'acme', status: 'failed' })).toHaveLength(2);
    expect(await find({ owner: 'acme', listener: two.listener.id })).toHaveLength(2);
    expect(await find({ owner: 'acme', listener: other.listener.id })).toEqual([]);
    expect(await find({ owner: 'acme', listener: 'no id' })).toEqual([]);
    expect(await find({ owner: 'acme', event: 'person.created' })).toHaveLength(4);
    expect(await find({ owner: 'acme', event })).toHaveLength(2);
    expect(await find({ owner: 'acme', event, status: 'done' })).toHaveLength(1);
    expect(await find({ owner: 'acme', event, listener: one.listener.id })).toHaveLength(1);
    expect(await find({ owner: 'acme', since: new Date(0) })).toHaveLength(4);
    expect(await find({ owner: 'acme', until: new Date(0) })).toEqual([]);
    expect(await find({ owner: 'nobody' })).toEqual([]);
  });

  it('The pages of an owner have each of its deliveries once, newest first', async () => {
    await delivered();
    const first = await flow.hooks.deliveries.find({ owner: 'acme', limit: 3 });
    const cursor = first.nextCursor ?? '';
    const second = await flow.hooks.deliveries.find({ owner: 'acme', limit: 3, cursor });
    expect(second).toMatchObject({ items: [expect.anything()], nextCursor: null });
    const items = [...first.items, ...second.items];
    expect(items).toEqual(await find({ owner: 'acme' }));
    const times = items.map(({ createdAt }) => Number(createdAt));
    expect(times).toEqual(times.toSorted((a, b) => b - a));
  });

  it('The deliveries of a listener follow it to its new owner', async () => {
    const { one } = await delivered();
    await own(one.listener, 'new');
    expect(await find({ owner: 'acme' })).toHaveLength(2);
    expect(listenersOf(await find({ owner: 'new' }))).toEqual([one.listener.id]);
  });

  it('The deliveries of an owner with very many listeners are found among those of all', async () => {
    const { one } = await delivered();
    await flow.query(
      `INSERT INTO model_hook_listener (id, identity, target, content_type, secret, digest, headers, owner, config, replies, delivery, active)
       SELECT gen_random_uuid(), 'many ' || n, '', '', '', '', '{}', 'acme', '{}', true, '{}', false FROM generate_series(1, 3000) n`,
    );
    const first = await flow.hooks.deliveries.find({ owner: 'acme', limit: 3 });
    expect(first.items).toHaveLength(3);
    const cursor = first.nextCursor ?? '';
    const last = await flow.hooks.deliveries.find({ owner: 'acme', limit: 3, cursor });
    expect(last).toMatchObject({ items: [expect.anything()], nextCursor: null });
    const [{ eventId: event = '' } = {}] = first.items;
    expect(await find({ owner: 'acme', event })).toHaveLength(2);
    expect(await find({ owner: 'acme', listener: one.listener.id })).toHaveLength(2);
    await flow.query(`DELETE FROM model_hook_listener WHERE identity LIKE 'many %'`);
  });
});

describe('hooks.deliveries.get and retry', () => {
  it('Both find a delivery of the owner only', async () => {
    const { two } = await delivered();
    const [{ id = '' } = {}] = await find({ listener: two.listener.id });
    const { deliveries } = flow.hooks;
    expect(await deliveries.get(id, { owner: 'acme' })).toEqual(await deliveries.get(id));
    expect(await deliveries.get(id, { owner: 'other' })).toBeNull();
    const missing = { code: 'DELIVERY_NOT_FOUND' };
    await expect(deliveries.retry(id, { owner: 'other' })).rejects.toMatchObject(missing);
    await flow.hooks.idle();
    expect(two.receiver.received).toHaveLength(2);
    await deliveries.retry(id, { owner: 'acme' });
    await flow.hooks.idle();
    expect(two.receiver.received).toHaveLength(3);
  });

  it('Nothing of a listener that was removed belongs to its owner', async () => {
    const { two } = await delivered();
    const [{ id = '' } = {}] = await find({ listener: two.listener.id });
    await flow.hooks.listeners.remove(two.listener.id);
    expect(await flow.hooks.deliveries.get(id, { owner: 'acme' })).toBeNull();
    expect(await flow.hooks.deliveries.get(id)).not.toBeNull();
  });

  it.each([undefined, null, 7])('Both refuse the owner %p', async (owner) => {
    const refused = { code: 'OPTION_INVALID', option: 'owner' };
    const where = { owner } as never;
    await expect(flow.hooks.deliveries.get('an id', where)).rejects.toMatchObject(refused);
    await expect(flow.hooks.deliveries.retry('an id', where)).rejects.toMatchObject(refused);
    await expect(flow.hooks.deliveries.find(where)).rejects.toMatchObject(refused);
    await expect(flow.hooks.deliveries.replay(where)).rejects.toMatchObject(refused);
  });
});

describe('hooks.deliveries.replay', () => {
  it('Only deliveries of the owner are sent again', async () => {
    const { one, two, other } = await delivered();
    const result = await flow.hooks.deliveries.replay({ owner: 'acme', status: 'failed' });
    expect(result).toEqual({ count: 2, cursor: null });
    await flow.hooks.idle();
    const counts = [one, two, other].map(({ receiver }) => receiver.received.length);
    expect(counts).toEqual([2, 4, 2]);
  });

  it('A limited replay of an owner goes on at its cursor', async () => {
    await delivered();
    const options = { owner: 'acme', limit: 3 };
    const first = await flow.hooks.deliveries.replay(options);
    expect(first).toEqual({ count: 3, cursor: expect.any(String) });
    await flow.hooks.idle();
    const second = await flow.hooks.deliveries.replay({ ...options, cursor: first.cursor });
    expect(second).toEqual({ count: 1, cursor: null });
    await flow.hooks.idle();
    const attempts = (await deliveriesOf('acme')).map(({ attempt }) => attempt);
    expect(attempts).toEqual([2, 2, 2, 2]);
  });
});
