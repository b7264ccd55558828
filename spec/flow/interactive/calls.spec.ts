import { randomUUID } from 'node:crypto';
import {
  type DeliveryWithAttempts,
  type HandlerContext,
  type HandlerFunction,
  type HookEvent,
  type InteractiveHook,
  InteractiveResponse,
  type Listener,
  NoListenerError,
  secret,
} from '../../../lib';
import { verify } from '../../../lib/receiver';
import { Flow } from '../../support/application/flow';
import { person } from '../../support/entities/person';
import { type Answer, answering } from '../../support/receivers/answers';
import { type Receiver, startReceiver } from '../../support/receivers/receiver';

const logger = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
let flow: Flow;
const receivers: Receiver[] = [];
beforeAll(async () => {
  // Calls are answered in processes that send no deliveries.
  flow = await Flow.start({ attach: { work: false, logger } });
});
afterAll(() => flow.stop());
beforeEach(() => {
  for (const log of Object.values(logger)) log.mockClear();
});
afterEach(async () => {
  for (const receiver of receivers.splice(0)) await receiver.close();
});

const named = (options = {}) =>
  flow.hooks.interactive(`quote-${randomUUID()}`, {
    provides: ['amount', 'home.city'],
    ...options,
  });

/** An interactive hook with this handler. */
async function handledBy(fn: HandlerFunction, options = {}): Promise<InteractiveHook> {
  const hook = named(options);
  await hook.listener(flow.hooks.handler(hook.name, fn)).save();
  return hook;
}

/** An interactive hook whose listener is a server that answers like this. */
async function askedOf(answer: Answer, options = {}) {
  const receiver = await startReceiver(answering(answer));
  receivers.push(receiver);
  const hook = named();
  const listener = await hook.listener({ url: receiver.url, ...options }).save();
  return { hook, receiver, listener };
}

async function deliveryOf({ name }: InteractiveHook): Promise<DeliveryWithAttempts> {
  const { items } = await flow.hooks.deliveries.find({ event: name });
  expect(items).toHaveLength(1);
  return (await flow.hooks.deliveries.get(items[0]!.id)) as DeliveryWithAttempts;
}

describe('hooks.interactive', () => {
  it('A hook that was defined is found by its name', async () => {
    const hook = named();
    expect(flow.hooks.interactive(hook.name).name).toBe(hook.name);
    expect(flow.hooks.get(hook.name)).toMatchObject({ name: hook.name, operations: [] });
    expect(hook.provides).toEqual(['amount', 'home.city']);
  });

  it.each([
    ['HOOK_NOT_FOUND', () => flow.hooks.interactive('nothing')],
    ['HOOK_NOT_FOUND', () => flow.hooks.interactive('person')],
    ['HOOK_DUPLICATE', () => flow.hooks.interactive('person', { provides: [] })],
    ['OPTION_INVALID', () => flow.hooks.interactive('a', { provides: [], resolve: 1 } as never)],
    ['OPTION_INVALID', () => flow.hooks.interactive('a', { provides: [], timeoutMs: 0 })],
    ['HOOK_UNKNOWN_OPERATION', () => named().interactive('insert', 'handler:a')],
  ])('A wrong use throws %s', (code, use) => {
    expect(use).toThrow(expect.objectContaining({ code }));
  });

  it('An interactive hook stays defined when the DataSource is initialised again', async () => {
    const other = await flow.beside({ work: false });
    other.hooks.interactive('lasting', { provides: [] });
    await other.dataSource.destroy();
    await other.dataSource.initialize();
    expect(other.hooks.interactive('lasting').name).toBe('lasting');
  });
});

describe('the listener of an interactive hook', () => {
  it('A second listener is refused, and the same one may be saved again', async () => {
    const hook = named();
    const { id } = await hook.listener('https://example.com/quote').save();
    expect((await hook.listener('https://EXAMPLE.com/quote').save()).id).toBe(id);
    for (const other of ['https://example.com/other', 'handler:other'])
      await expect(hook.listener(other).save()).rejects.toMatchObject({
        code: 'LISTENER_INVALID',
        fields: { hook: [expect.stringContaining('interactive')] },
      });
    expect(await flow.hooks.listeners.find({ hook: hook.name })).toMatchObject([
      { id, target: 'https://example.com/quote' },
    ]);
  });

  it('A refused save in a transaction of the caller changes nothing', async () => {
    const hook = named();
    await hook.listener('https://example.com/quote').save();
    await flow.dataSource.transaction(async (manager) => {
      const other = hook.listener({ url: 'https://example.com/other', headers: { 'X-A': 'b' } });
      await expect(other.save({ manager })).rejects.toMatchObject({ code: 'LISTENER_INVALID' });
    });
    expect(await flow.hooks.listeners.find({ hook: hook.name })).toMatchObject([{ headers: {} }]);
  });

  it('Two processes that save different listeners at once store one of them', async () => {
    const hook = named();
    const other = await flow.beside({ work: false });
    const same = other.hooks.interactive(hook.name, { provides: ['amount'] });
    const saves = await Promise.allSettled(
      Array.from({ length: 6 }, (_, n) =>
        (n % 2 === 0 ? hook : same).listener(`https://example.com/${n}`).save(),
      ),
    );
    const failed = saves.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []));
    expect(failed).toEqual(Array(5).fill('LISTENER_INVALID'));
    expect(await flow.hooks.listeners.find({ hook: hook.name })).toHaveLength(1);
  });

  it('Several listeners in one call of saveMany() are refused', async () => {
    const hook = named();
    const builders = ['a', 'b'].map((path) => hook.listener(`https://example.com/${path}`));
    await expect(flow.hooks.listeners.saveMany(builders)).rejects.toMatchObject({
      code: 'LISTENER_INVALID',
    });
    expect(await flow.hooks.listeners.find({ hook: hook.name })).toEqual([]);
  });

  it('A listener with a key is updated by the next save', async () => {
    const hook = named();
    const save = (path: string) =>
      hook.listener({ url: `https://example.com/${path}`, key: hook.name }).save();
    const { id } = await save('a');
    expect(await save('b')).toMatchObject({ id, target: 'https://example.com/b' });
  });

  it('A listener can be updated and removed, and another one saved then', async () => {
    const hook = named();
    const { id } = await hook.listener('https://example.com/a').save();
    await flow.hooks.listeners.update(id, { url: 'https://example.com/b' });
    await flow.hooks.listeners.remove(id);
    await hook.listener('https://example.com/c').save();
  });
});

describe('hook.call', () => {
  it('A call without a listener, or with one that is paused or wants another sender, rejects with NO_LISTENER', async () => {
    const hook = await handledBy(() => InteractiveResponse.done());
    const [listener] = (await flow.hooks.listeners.find({ hook: hook.name })) as [Listener];
    await flow.hooks.listeners.pause(listener.id, 'why');
    await expect(hook.call({})).rejects.toThrow(NoListenerError);
    await expect(named().call({})).rejects.toMatchObject({ code: 'NO_LISTENER' });
    const owned = named();
    await owned.listener({ url: 'handler:owned', owner: 'acme' }).save();
    await expect(owned.call({}, { sender: 'other' })).rejects.toThrow(NoListenerError);
  });

  it('A handler gets a copy of what is provided', async () => {
    const seen: [HookEvent, HandlerContext][] = [];
    const hook = await handledBy((event, context) => {
      seen.push([event, context]);
      return InteractiveResponse.done();
    });
    const data = { amount: 3, secret: 's', home: { city: 'Rome', street: 'x' } };
    await hook.call(data, {
      sender: 'acme',
      ref: 'https://example.com/1',
      headers: { 'X-A': 'b' },
    });
    const [event, context] = seen[0]!;
    expect(event).toEqual({
      id: expect.any(String),
      hook: hook.name,
      name: hook.name,
      operation: null,
      ref: 'https://example.com/1',
      sender: 'acme',
      headers: { 'X-A': 'b' },
      occurredAt: expect.any(Date),
      data: { amount: 3, 'home.city': 'Rome' },
      previous: null,
      changed: ['amount', 'home.city'],
    });
    expect(context).toMatchObject({ attempt: 1, isTest: false, signal: { aborted: false } });
    expect((await deliveryOf(hook)).id).toBe(context.deliveryId);
  });

  it.each<readonly [string, () => unknown, object, object]>([
    [
      'done()',
      () => InteractiveResponse.done(),
      { status: 'success', httpStatus: 200, headers: null, body: null },
      { status: 'done', httpStatus: 200, reason: null },
    ],
    [
      'done(201, headers, body)',
      () => InteractiveResponse.done(201, { 'x-a': 'b' }, { price: 6 }),
      { status: 'success', httpStatus: 201, headers: { 'x-a': 'b' }, body: { price: 6 } },
      { status: 'done', httpStatus: 201, response: '{"price":6}' },
    ],
    [
      'fail(422, null, body, output)',
      () => InteractiveResponse.fail(422, null, { message: 'no' }, 'it was zero'),
      { status: 'fail', httpStatus: 422, headers: null, body: { message: 'no' } },
      { status: 'failed', httpStatus: 422, reason: 'it was zero' },
    ],
    [
      'snake case',
      () => ({ status: 'fail', http_status: 409 }),
      { status: 'fail', httpStatus: 409 },
      { status: 'failed' },
    ],
    [
      'a throw',
      () => {
        throw new Error('broken');
      },
      { status: 'fail', httpStatus: 400, headers: null, body: null },
      { status: 'failed', httpStatus: 400, reason: expect.stringMatching(/^Error: broken\n/) },
    ],
    [
      'a throw of null',
      () => {
        throw null;
      },
      { status: 'fail', httpStatus: 400 },
      { status: 'failed', reason: 'the handler threw null' },
    ],
    [
      'nothing',
      () => undefined,
      { status: 'fail', httpStatus: 400 },
      { reason: expect.stringContaining('no answer') },
    ],
    [
      'a time-out',
      () => new Promise(() => undefined),
      { status: 'fail', httpStatus: 400 },
      { reason: 'the handler did not end within 50 ms' },
    ],
  ])('The answer of a handler to a call is logged: %s', async (_name, fn, expected, logged) => {
    const hook = await handledBy(fn as HandlerFunction, { timeoutMs: 50 });
    expect(await hook.call({ amount: 3 })).toMatchObject(expected);
    const delivery = await deliveryOf(hook);
    expect(delivery).toMatchObject({
      ...logged,
      event: hook.name,
      attempt: 1,
      nextAt: null,
      durationMs: expect.any(Number),
    });
    expect(delivery.attempts).toMatchObject([{ number: 1, outcome: delivery.status }]);
  });

  it('A handler that this process does not know is a fail with 503', async () => {
    const hook = named();
    await hook.listener('handler:nobody').save();
    expect(await hook.call({})).toEqual({
      status: 'fail',
      httpStatus: 503,
      headers: null,
      body: null,
    });
  });

  it('A call is reported as an attempt and an outcome', async () => {
    const hook = await handledBy(() => InteractiveResponse.fail(422, null, null, 'why'));
    const seen: unknown[] = [];
    const ends = (['attempt', 'outcome'] as const).map((name) =>
      flow.hooks.on(name, (report) => seen.push(report)),
    );
    await hook.call({});
    for (const end of ends) end();
    expect(seen).toMatchObject([
      { event: hook.name, status: 'failed', attempt: 1, httpStatus: 422 },
      { event: hook.name, status: 'failed', reason: 'why' },
    ]);
  });

  it('Arguments that are not valid are refused', async () => {
    const hook = await handledBy(() => InteractiveResponse.done());
    for (const call of [
      () => hook.call('text' as never),
      () => hook.call({}, { manager: flow.dataSource.manager } as never),
    ])
      await expect(call()).rejects.toMatchObject({ code: 'OPTION_INVALID' });
  });

  it('A call is answered although it cannot be logged', async () => {
    const hook = await handledBy(() => InteractiveResponse.done());
    await flow.query('ALTER TABLE model_hook_delivery RENAME TO elsewhere');
    try {
      expect(await hook.call({})).toMatchObject({ status: 'success' });
    } finally {
      await flow.query('ALTER TABLE elsewhere RENAME TO model_hook_delivery');
    }
    expect(logger.error).toHaveBeenCalledTimes(1);
  });
});

describe('a call over a URL', () => {
  it('The request is that of a delivery, and verifies', async () => {
    const { hook, receiver, listener } = await askedOf({ body: '' });
    await hook.call({ amount: 3, home: { city: 'Rome' } }, { headers: { 'X-Own': 'yes' } });
    const [request] = await receiver.waitFor(1);
    expect(request).toMatchObject({
      method: 'POST',
      headers: { 'hook-attempt': '1', 'x-own': 'yes', 'hook-event': encodeURIComponent(hook.name) },
      body: { amount: 3, home: { city: 'Rome' } },
    });
    const secretText = listener.secret ?? '';
    expect(verify(request!.headers, request!.raw, secretText)).toBeDefined();
    expect((await deliveryOf(hook)).id).toBe(request?.headers['hook-delivery']);
  });

  const JSON_TYPE = { 'content-type': 'application/json' };
  it.each<readonly [string, Answer, object, object]>([
    [
      'an answer',
      { body: { status: 'success', http_status: 201, headers: { 'x-a': 'b' }, body: [1] } },
      { status: 'success', httpStatus: 201, headers: { 'x-a': 'b' }, body: [1] },
      { status: 'done', httpStatus: 201 },
    ],
    [
      'an answer in camel case',
      { body: { status: 'fail', httpStatus: 409, body: 'no', output: 'why' } },
      { status: 'fail', httpStatus: 409, headers: null, body: 'no' },
      { status: 'failed', httpStatus: 409, reason: 'why' },
    ],
    [
      'an answer without a status',
      { body: { status: 'fail' } },
      { status: 'fail', httpStatus: 400, body: null },
      { status: 'failed' },
    ],
    [
      'an answer with the status of its reply',
      { status: 422, body: { status: 'fail', body: { m: 1 } } },
      { status: 'fail', httpStatus: 422, body: { m: 1 } },
      { status: 'failed' },
    ],
    [
      'cookies in an answer',
      { body: { status: 'success', headers: { 'Set-Cookie': 'a=b', 'x-a': 'b' } } },
      { headers: { 'x-a': 'b' } },
      {},
    ],
    [
      'other JSON',
      { headers: JSON_TYPE, body: { price: 6 } },
      { status: 'success', httpStatus: 200, headers: JSON_TYPE, body: { price: 6 } },
      { status: 'done', response: '{"price":6}' },
    ],
    [
      'JSON with a status of its own',
      { headers: JSON_TYPE, body: { status: 'success', data: 1 } },
      { status: 'success', body: { status: 'success', data: 1 } },
      { status: 'done' },
    ],
    [
      'a text in another encoding',
      { headers: { 'content-type': 'text/plain; charset=latin1' }, body: 'plain' },
      {
        status: 'success',
        headers: { 'content-type': 'text/plain; charset=utf-8' },
        body: 'plain',
      },
      { status: 'done' },
    ],
    [
      'no body',
      { status: 204 },
      { status: 'success', httpStatus: 204, headers: null, body: null },
      { status: 'done' },
    ],
    [
      'an error page',
      { status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>' },
      { status: 'fail', httpStatus: 502, headers: { 'content-type': 'text/html' }, body: '<h1>' },
      { status: 'failed', httpStatus: 502, reason: 'HTTP 502' },
    ],
    [
      'a redirect',
      { status: 307, headers: { location: 'http://127.0.0.1/' } },
      { status: 'fail', httpStatus: 307 },
      { status: 'failed' },
    ],
    [
      'a long reply',
      { headers: { 'content-type': 'text/plain' }, body: 'x'.repeat(2_000_000) },
      { status: 'fail', httpStatus: 400, body: null },
      { status: 'failed', reason: expect.stringContaining('too long') },
    ],
  ])('A reply is passed on to the caller: %s', async (_name, reply, expected, logged) => {
    const { hook, receiver } = await askedOf(reply);
    expect(await hook.call({ amount: 3 })).toMatchObject(expected);
    expect(await deliveryOf(hook)).toMatchObject(logged);
    expect(receiver.received).toHaveLength(1);
  });

  it('A reply that does not come in time is a fail, and is not asked for again', async () => {
    const receiver = await startReceiver(() => undefined);
    receivers.push(receiver);
    const hook = named({ timeoutMs: 100 });
    await hook.listener(receiver.url).save();
    expect(await hook.call({})).toMatchObject({ status: 'fail', httpStatus: 400, body: null });
    expect(await deliveryOf(hook)).toMatchObject({ status: 'failed', nextAt: null });
    expect(receiver.received).toHaveLength(1);
  });

  it('A server that is gone, and a recipient that is forbidden, are a fail', async () => {
    const { hook, receiver } = await askedOf({});
    await receiver.close();
    expect(await hook.call({})).toMatchObject({ status: 'fail', httpStatus: 400 });
    const other = await flow.beside({ work: false, delivery: { recipients: {} } });
    const same = other.hooks.interactive(hook.name, { provides: [] });
    expect(await same.call({})).toMatchObject({ status: 'fail', httpStatus: 400 });
  });

  it('A secret that a reply repeats is passed on and not stored', async () => {
    const { hook } = await askedOf(
      { status: 500, headers: { 'content-type': 'text/plain' }, body: 'Bearer 0123456789abcdef' },
      { headers: { Authorization: secret('Bearer 0123456789abcdef') } },
    );
    await hook.call({});
    expect(JSON.stringify(await deliveryOf(hook))).not.toContain('0123456789abcdef');
  });
});

describe('the event of a call', () => {
  it('A call goes to no other listener, and is not sent again', async () => {
    const receiver = await startReceiver();
    receivers.push(receiver);
    const other = await flow.beside({ sweepMs: 100, logger });
    const hook = await handledBy(() => InteractiveResponse.done());
    const wild = await flow.hooks.listen('*', receiver.url).save();
    await flow.hooks.listen(hook.name, receiver.url).save();
    await hook.call({ amount: 3 });
    const { eventId, id, listenerId } = await deliveryOf(hook);
    await other.dataSource.manager.save(person());
    await receiver.waitFor(1);
    await other.hooks.idle();
    expect(receiver.received.map(({ headers }) => headers['hook-event'])).toEqual([
      'person.created',
    ]);
    expect((await flow.hooks.listeners.matching(eventId)).map((one) => one.id)).toEqual([
      listenerId,
    ]);
    expect(await flow.hooks.listeners.explain(eventId, wild.id)).toMatchObject({ matches: false });
    await expect(flow.hooks.deliveries.retry(id)).rejects.toMatchObject({
      code: 'DELIVERY_NOT_FOUND',
    });
    await other.stop();
  });

  it('An interactive hook cannot be sent to', async () => {
    const { name } = named();
    await expect(flow.hooks.send(name, {})).rejects.toMatchObject({ code: 'OPTION_INVALID' });
  });
});
