import { setTimeout as sleep } from 'node:timers/promises';
import {
  BackgroundResponse,
  type DeliveryWithAttempts,
  type HandlerContext,
  type HandlerFunction,
  type HandlerOptions,
  type HookEvent,
  InteractiveResponse,
  ScheduledExecutionResponse,
  startsWith,
} from '../../../lib';
import { Flow } from '../../support/application/flow';
import { outcomes, secondsAhead, until } from '../../support/application/waiting';
import { Person } from '../../support/entities/person';
import { answeringAfter } from '../../support/receivers/answers';

const warnings: string[] = [];
const logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (message: string) => warnings.push(message),
  error: (message: string) => warnings.push(message),
};
const done = () => BackgroundResponse.done();

const CYCLE: Record<string, unknown> = { status: 'success' };
CYCLE.retval = CYCLE;
const thrower = () => {
  throw new Error('unreadable');
};

let flow: Flow;
let count = 0;

beforeAll(async () => {
  flow = await Flow.start({ attach: { sweepMs: 100, logger } });
});
afterEach(async () => {
  await flow.clear();
  warnings.length = 0;
});
afterAll(() => flow?.stop());

/** A listener with a handler of its own. */
async function listen(fn: HandlerFunction, options: HandlerOptions = {}): Promise<string> {
  count += 1;
  const handler = flow.hooks.handler(`handler ${count}`, fn, options);
  return (await flow.hooks.for(Person).listener(handler).save()).id;
}

/** The delivery of one event to a handler, after its first outcome. */
async function deliver(
  fn: HandlerFunction,
  options: HandlerOptions = {},
): Promise<DeliveryWithAttempts> {
  const listener = await listen(fn, options);
  const ended = outcomes(flow.hooks, 1, ({ listenerId }) => listenerId === listener);
  await flow.savePeople(1);
  await ended;
  return flow.deliveryOf(listener);
}

describe('a handler', () => {
  it('A handler gets the events that match its listener, as they would be sent', async () => {
    const events: HookEvent[] = [];
    const contexts: HandlerContext[] = [];
    const handler = flow.hooks.handler('people with J', (event, context) => {
      events.push(event);
      contexts.push(context);
      return BackgroundResponse.done();
    });
    const { id, target } = await flow.hooks
      .for(Person)
      .listener(handler)
      .match({ name: startsWith('J') })
      .save();
    expect(target).toBe('handler:people with J');
    const ended = outcomes(flow.hooks, 1);
    await flow.savePeople(1, 'Ann');
    await flow.savePeople(1, 'Joe');
    await ended;

    expect(events).toMatchObject([
      {
        hook: 'person',
        name: 'person.created',
        operation: 'insert',
        data: { name: 'Joe', address: null },
        previous: null,
        changed: ['name', 'address'],
        occurredAt: expect.any(Date),
      },
    ]);
    const delivery = await flow.deliveryOf(id);
    expect(delivery).toMatchObject({ status: 'done', attempt: 1, httpStatus: null, reason: null });
    expect(contexts).toMatchObject([
      { attempt: 1, deliveryId: delivery.id, isTest: false, signal: { aborted: false } },
    ]);
  });

  it('A handler is named by its text, too', async () => {
    flow.hooks.handler('audit', done);
    const { id } = await flow.hooks.for(Person).listener('handler:audit').save();
    const handler = flow.hooks.handler('audit', done);
    const same = await flow.hooks.for(Person).listener(handler).save();
    const also = await flow.hooks.for(Person).listener({ url: handler, replies: true }).save();
    const updated = await flow.hooks.listeners.update(id, { url: flow.hooks.handler('b', done) });
    expect([same.id, also.id]).toEqual([id, id]);
    expect(updated.target).toBe('handler:b');
  });

  it('A handler cannot change the event that others get', async () => {
    const { receiver } = await flow.listen();
    const delivery = await deliver((event) => {
      Object.assign(event.data, { name: 'changed' });
      return BackgroundResponse.done();
    });
    await receiver.waitFor(1);
    expect(delivery.status).toBe('done');
    expect(receiver.received[0]?.body).toMatchObject({ name: 'Joe' });
  });

  it('A handler that is registered again is replaced, with a warning', async () => {
    flow.hooks.handler('twice', () => BackgroundResponse.fail('the first'));
    const handler = flow.hooks.handler('twice', () => BackgroundResponse.skip('the second'));
    expect(warnings).toEqual([expect.stringContaining('"twice" is registered again')]);
    const { id } = await flow.hooks.for(Person).listener(handler).save();
    await flow.savePeople(1);
    await flow.hooks.idle();
    expect(await flow.deliveryOf(id)).toMatchObject({ status: 'skipped', reason: 'the second' });
  });

  it('A handler can be a target that `resolve` returns', async () => {
    const seen: unknown[] = [];
    const handler = flow.hooks.handler('resolved', ({ data }) => {
      seen.push(data);
      return BackgroundResponse.done();
    });
    const hook = flow.hooks.define('order', { provides: ['n'], resolve: () => [handler] });
    await hook.send({ n: 1 });
    await flow.hooks.idle();
    expect(seen).toEqual([{ n: 1 }]);
  });

  it('A test calls the handler with sample values and says so', async () => {
    const seen: unknown[] = [];
    const id = await listen(({ data }, { isTest }) => {
      seen.push([data, isTest]);
      return BackgroundResponse.skip('a sample');
    });
    expect(await flow.hooks.listeners.test(id)).toMatchObject({
      outcome: 'skipped',
      reason: 'a sample',
      httpStatus: null,
    });
    expect(seen).toEqual([[{ name: 'sample', address: 'sample' }, true]]);
  });
});

describe('the answer of a handler', () => {
  it.each<readonly [string, () => unknown, object]>([
    ['done()', () => BackgroundResponse.done(), { status: 'done', reason: null, retval: null }],
    [
      'fail()',
      () => BackgroundResponse.fail(),
      { status: 'failed', reason: 'the recipient failed' },
    ],
    ['fail(text)', () => BackgroundResponse.fail('no'), { status: 'failed', reason: 'no' }],
    [
      'fail(JSON)',
      () => BackgroundResponse.fail({ a: 1 }),
      { status: 'failed', reason: '{"a":1}' },
    ],
    ['skip(text)', () => BackgroundResponse.skip('old'), { status: 'skipped', reason: 'old' }],
    ['a promise of an answer', async () => BackgroundResponse.skip('x'), { status: 'skipped' }],
    [
      'a plain success',
      () => ({ status: 'success', retval: [1] }),
      { status: 'done', retval: [1] },
    ],
    [
      'a plain failure',
      () => ({ status: 'failure', reason: 'r' }),
      { status: 'failed', reason: 'r' },
    ],
    ['a plain fail', () => ({ status: 'fail', output: 'o' }), { status: 'failed', reason: 'o' }],
    ['a plain skip', () => ({ status: 'skip', output: 'o' }), { status: 'skipped', reason: 'o' }],
    ['an interactive answer', () => InteractiveResponse.done(), { status: 'done' }],
    [
      'a scheduled answer',
      () => ScheduledExecutionResponse.fail('s'),
      { status: 'failed', reason: 's' },
    ],
  ])('The answer %s ends the delivery', async (_name, answer, expected) => {
    const delivery = await deliver(answer as HandlerFunction);
    expect(delivery).toMatchObject({ ...expected, attempt: 1, nextAt: null });
  });

  it.each<readonly [string, () => unknown, number]>([
    ['reschedule()', () => BackgroundResponse.reschedule(), 30],
    ['reschedule(0)', () => BackgroundResponse.reschedule(0), 30],
    ['reschedule(-1)', () => BackgroundResponse.reschedule(-1), 30],
    ['reschedule(31)', () => BackgroundResponse.reschedule(31), 31],
    ['reschedule(NaN)', () => BackgroundResponse.reschedule(Number.NaN), 30],
    ['reschedule(∞)', () => BackgroundResponse.reschedule(Number.POSITIVE_INFINITY), 30],
    ['reschedule(1e9)', () => BackgroundResponse.reschedule(1e9), 86_400],
    ['slowProcessReschedule()', () => BackgroundResponse.slowProcessReschedule(), 300],
    ['slowProcessReschedule(299)', () => BackgroundResponse.slowProcessReschedule(299), 300],
    ['slowProcessReschedule(301)', () => BackgroundResponse.slowProcessReschedule(301), 301],
    ['a plain reschedule', () => ({ status: 'reschedule', countdown: 1 }), 30],
    ['a plain slow one', () => ({ status: 'slow_process_reschedule', countdown: 1 }), 300],
  ])('The answer %s brings the next call after some time', async (_name, answer, seconds) => {
    const delivery = await deliver(answer as HandlerFunction);
    expect(delivery).toMatchObject({ status: 'rescheduled', attempt: 1 });
    expect(secondsAhead(delivery)).toBeCloseTo(seconds, 1);
  });

  it.each<readonly [string, unknown, string]>([
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a text', 'done', 'a value of type string'],
    ['a number', 1, 'a value of type number'],
    ['true', true, 'a value of type boolean'],
    ['a function', () => 1, 'a value of type function'],
    ['an array', ['success'], 'an array'],
    ['an object', {}, 'an object without a known `status`'],
    ['an unknown status', { status: 'done' }, 'an object without a known `status`'],
    ['an object that contains itself', CYCLE, 'an object without a known `status`'],
  ])('A handler that returns %s is called again', async (_name, value, named) => {
    const delivery = await deliver((() => value) as HandlerFunction);
    expect(delivery).toMatchObject({
      status: 'retrying',
      reason: expect.stringContaining(`the handler returned ${named}, which is not a response`),
    });
  });

  it.each<readonly [string, object]>([
    ['a getter', Object.defineProperty({}, 'status', { get: thrower, enumerable: true })],
    ['toJSON', { toJSON: thrower }],
    ['a proxy', new Proxy({}, { get: thrower })],
  ])('A handler whose answer throws by %s is called again', async (_name, answer) => {
    const delivery = await deliver((() => answer) as HandlerFunction);
    expect(delivery).toMatchObject({ status: 'retrying', attempt: 1 });
    expect(delivery.reason).toContain('Error: unreadable');
  });

  it.each<readonly [string, unknown, RegExp]>([
    ['an error', new TypeError('boom'), /^TypeError: boom\n +at /],
    ['a long stack', Object.assign(new Error('x'), { stack: 'x'.repeat(9_000) }), /^x{4000}$/],
    ['a stack that is no text', Object.assign(new Error('x'), { stack: 5 }), /^5$/],
    [
      'an error whose stack throws',
      Object.defineProperty(new Error('x'), 'stack', { get: thrower }),
      /^the handler threw a value of type object$/,
    ],
    ['null', null, /^the handler threw null$/],
    ['undefined', undefined, /^the handler threw undefined$/],
    ['a text', 'no', /^the handler threw no$/],
    ['an object', { code: 7 }, /^the handler threw \{"code":7\}$/],
    [
      'what has no text',
      {
        toJSON: () => {
          throw new Error();
        },
      },
      /^the handler threw a value of type object$/,
    ],
    ['a NUL', new Error('a\u0000b'), /boom|a.?b/],
  ])('A handler that throws %s is called again', async (_name, thrown, reason) => {
    const delivery = await deliver(() => {
      throw thrown;
    });
    expect(delivery).toMatchObject({ status: 'retrying', attempt: 1 });
    expect(delivery.reason).toMatch(reason);
  });

  it('A handler that rejects until its retries end has failed', async () => {
    const handler = flow.hooks.handler('failing', () => Promise.reject(new Error('down')));
    const delivery = { retries: 1 };
    const { id } = await flow.hooks.for(Person).listener({ url: handler.target, delivery }).save();
    await flow.savePeople(1);
    await flow.hooks.idle();
    const first = await flow.deliveryOf(id);
    expect(first.status).toBe('retrying');
    await flow.makeDue(first);
    await flow.hooks.idle();
    expect(await flow.deliveryOf(id)).toMatchObject({
      status: 'failed',
      attempt: 2,
      attempts: [{ outcome: 'retrying' }, { outcome: 'failed' }],
    });
  });
});

describe('the time limit of a handler', () => {
  it.each<readonly [string, HandlerFunction]>([
    ['never resolves', () => new Promise(() => undefined)],
    [
      'resolves after its deadline',
      async (_event, { signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        await sleep(20);
        return BackgroundResponse.done();
      },
    ],
    [
      'rejects after its deadline',
      async (_event, { signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        throw new Error('late');
      },
    ],
  ])('A handler that %s is called again', async (_name, fn) => {
    const delivery = await deliver(fn, { timeoutMs: 50 });
    expect(delivery).toMatchObject({
      status: 'retrying',
      reason: 'the handler did not end within 50 ms',
    });
  });

  it('The signal of a handler is aborted at its deadline', async () => {
    const signals: AbortSignal[] = [];
    await deliver(
      (_event, { signal }) => {
        signals.push(signal);
        return new Promise(() => undefined);
      },
      { timeoutMs: 20 },
    );
    expect(signals[0]).toMatchObject({ aborted: true, reason: expect.any(Error) });
  });

  it('Handlers that hang do not delay URLs, and a blocked event loop does not lose anything', async () => {
    const { receiver } = await flow.listen(answeringAfter(1));
    const hanging = await listen(() => new Promise(() => undefined), { timeoutMs: 2_000 });
    const blocking = await listen(() => {
      const until = Date.now() + 200;
      while (Date.now() < until);
      return BackgroundResponse.done();
    });
    await flow.savePeople(40);
    await receiver.waitFor(40);
    expect((await flow.hooks.deliveries.find({ listener: hanging, status: 'done' })).items).toEqual(
      [],
    );
    await until(
      'all blocking calls are done',
      async () =>
        (await flow.hooks.deliveries.find({ listener: blocking, status: 'done' })).items.length ===
        40,
    );
  });
});

describe('a handler that this process does not know', () => {
  it('Its deliveries wait, with a warning, until it is registered', async () => {
    const { id } = await flow.hooks.for(Person).listener('handler:later').save();
    await flow.savePeople(2);
    const waiting = async () =>
      (await flow.hooks.deliveries.find({ listener: id, status: 'waiting' })).items;
    await until('both wait', async () => (await waiting()).length === 2);
    expect(await waiting()).toMatchObject([
      { attempt: 0, reason: 'the handler "later" is not registered in the process that tried' },
      { attempt: 0 },
    ]);
    expect(warnings).toEqual([expect.stringContaining('to the handler "later" wait')]);
    const ended = outcomes(flow.hooks, 2, ({ status }) => status === 'done');
    flow.hooks.handler('later', done);
    await ended;
    expect(await waiting()).toEqual([]);
  });

  it('idle() does not wait for it, and waits for its deliveries when it is registered', async () => {
    await flow.hooks.for(Person).listener('handler:soon').save();
    await flow.savePeople(3);
    await flow.hooks.idle();
    let calls = 0;
    flow.hooks.handler('soon', () => {
      calls += 1;
      return BackgroundResponse.done();
    });
    await flow.hooks.idle();
    expect(calls).toBe(3);
  });

  it('Another process that knows it gets them', async () => {
    const { id } = await flow.hooks.for(Person).listener('handler:elsewhere').save();
    const other = await flow.beside({ sweepMs: 100, logger });
    other.hooks.handler('elsewhere', () => BackgroundResponse.skip('there'));
    await flow.savePeople(3);
    await until(
      'all are skipped there',
      async () =>
        (await flow.hooks.deliveries.find({ listener: id, status: 'skipped' })).items.length === 3,
    );
    await other.stop();
  });
});

describe('stopping', () => {
  it.each([0, 12])(
    'detach() aborts handlers at its deadline and uses up none of %i retries',
    async (retries) => {
      const name = `long ${retries}`;
      const other = await flow.beside({ sweepMs: 100, logger });
      const started = new Promise<AbortSignal>((resolve) => {
        other.hooks.handler(name, (_event, { signal }) => {
          resolve(signal);
          return new Promise(() => undefined);
        });
      });
      const url = `handler:${name}`;
      const { id } = await flow.hooks.for(Person).listener({ url, delivery: { retries } }).save();
      await flow.savePeople(1);
      const signal = await started;
      await other.hooks.detach({ deadlineMs: 50 });
      expect(signal.aborted).toBe(true);
      expect(await flow.deliveryOf(id)).toMatchObject({ status: 'waiting', attempt: 0 });
      await other.stop();
      const ended = outcomes(flow.hooks, 1, ({ status }) => status === 'done');
      flow.hooks.handler(name, done);
      await ended;
      expect(await flow.deliveryOf(id)).toMatchObject({ status: 'done', attempt: 1 });
    },
  );
});
