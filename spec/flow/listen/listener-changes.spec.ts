import type { Listener } from '../../../lib';
import { Flow } from '../../support/application/flow';
import { answering, headers } from '../../support/receivers/answers';
import { startReceiver } from '../../support/receivers/receiver';

let flow: Flow;

beforeAll(async () => {
  flow = await Flow.start({ attach: { sweepMs: 100 } });
});
afterEach(() => flow.clear());
afterAll(() => flow?.stop());

/** A listener with one delivery that is planned: its first attempt failed. */
async function planned() {
  const listening = await flow.listen(answering({ status: 500 }, {}));
  await flow.savePeople(1);
  await flow.hooks.idle();
  return listening;
}

/** As if the time of the planned attempt had come. */
async function timeComes({ id }: Listener): Promise<void> {
  await flow.makeDue(await flow.deliveryOf(id));
  await flow.hooks.idle();
}

describe('a delivery that is planned', () => {
  it('A planned delivery is skipped with the reason if its listener is paused', async () => {
    const { listener, receiver } = await planned();
    await flow.hooks.listeners.pause(listener.id, 'the customer asked for it');
    await timeComes(listener);
    expect(await flow.deliveryOf(listener.id)).toMatchObject({
      status: 'skipped',
      attempt: 1,
      nextAt: null,
      reason: expect.stringContaining('the customer asked for it'),
    });
    expect(receiver.received).toHaveLength(1);
  });

  it('A planned delivery is skipped with the reason if its listener is removed', async () => {
    const { listener, receiver } = await planned();
    expect(await flow.hooks.listeners.remove(listener.id)).toBe(true);
    await timeComes(listener);
    expect(await flow.deliveryOf(listener.id)).toMatchObject({
      status: 'skipped',
      attempt: 1,
      event: 'person.created',
      reason: expect.stringContaining('removed'),
    });
    expect(receiver.received).toHaveLength(1);
  });

  it('A planned delivery is sent if its listener is paused and resumed before its time', async () => {
    const { listener, receiver } = await planned();
    await flow.hooks.listeners.pause(listener.id, 'for a moment');
    await flow.hooks.listeners.resume(listener.id);
    await timeComes(listener);
    expect((await flow.deliveryOf(listener.id)).status).toBe('done');
    expect(headers(receiver, 'hook-attempt')).toEqual(['1', '2']);
  });

  it('A planned delivery is sent to the current URL with the current headers', async () => {
    const { listener, receiver } = await planned();
    const moved = await startReceiver();
    await flow.hooks.listeners.update(listener.id, {
      url: `${moved.url}/new`,
      headers: { 'X-Tenant': 'acme' },
    });
    await timeComes(listener);
    expect(receiver.received).toHaveLength(1);
    expect(moved.received).toMatchObject([
      { path: '/new', headers: { 'x-tenant': 'acme', 'hook-attempt': '2' } },
    ]);
    expect(headers(moved, 'hook-delivery')).toEqual(headers(receiver, 'hook-delivery'));
    await moved.close();
  });

  it('A planned delivery is signed with the current secret', async () => {
    const { listener, receiver } = await planned();
    await flow.hooks.listeners.update(listener.id, { secret: 'another' });
    await timeComes(listener);
    const [before, after] = receiver.received;
    expect(after?.raw).toEqual(before?.raw);
    expect(after?.headers['hook-hmac']).not.toBe(before?.headers['hook-hmac']);
  });

  it('A planned delivery is sent even if its listener no longer matches the event', async () => {
    const { listener, receiver } = await planned();
    await flow.hooks.listeners.update(listener.id, { match: { name: 'Zoe' } });
    await timeComes(listener);
    expect(receiver.received).toHaveLength(2);
    await flow.savePeople(1, 'Joe');
    await flow.savePeople(1, 'Zoe');
    await flow.hooks.idle();
    expect(receiver.received.slice(2).map(({ body }) => body)).toMatchObject([{ name: 'Zoe' }]);
  });
});

describe('a paused listener', () => {
  it('A paused listener receives no event that happens before it is resumed', async () => {
    const { listener, receiver } = await flow.listen();
    await flow.hooks.listeners.pause(listener.id, 'maintenance');
    await flow.savePeople(1, 'unheard');
    await flow.hooks.idle();
    await flow.hooks.listeners.resume(listener.id);
    await flow.savePeople(1, 'heard');
    await flow.hooks.idle();
    expect(receiver.received.map(({ body }) => body)).toMatchObject([{ name: 'heard' }]);
  });
});
