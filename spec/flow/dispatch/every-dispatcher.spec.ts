import { randomUUID } from 'node:crypto';
import { createPostgresBackend } from 'bullmq';
import { type AttachOptions, BackgroundResponse, type Dispatcher } from '../../../lib';
import { bullmq } from '../../../lib/bullmq';
import { verify } from '../../../lib/receiver';
import { Flow } from '../../support/application/flow';
import { until } from '../../support/application/waiting';
import { Person, person } from '../../support/entities/person';
import { answering, headers } from '../../support/receivers/answers';
import type { Receiver } from '../../support/receivers/receiver';
import { describeWithRedis, REDIS } from '../../support/services';

/** Retries come at once; a sweep finds what a hint has missed. */
const QUICK = { sweepMs: 300, delivery: { retryDelayMs: 100, jitter: 0 } } satisfies AttachOptions;

let flow: Flow;

/** Starts the application, and what sends for it. */
type Start = () => Promise<Flow>;

const alone =
  (attach: AttachOptions): Start =>
  () =>
    Flow.start({ attach: { ...QUICK, ...attach } });

async function withWorker(): Promise<Flow> {
  const started = await Flow.start({ attach: { ...QUICK, work: false } });
  const worker = await started.beside({ ...QUICK, work: false });
  await worker.hooks.work();
  return started;
}

function onRedis(consume = true, queue = `spec-${randomUUID()}`): Dispatcher {
  return bullmq({ connection: REDIS, queue, consume });
}

/** One process adds the jobs, and another one works on them. */
async function withConsumer(): Promise<Flow> {
  const queue = `spec-${randomUUID()}`;
  const started = await Flow.start({ attach: { ...QUICK, dispatcher: onRedis(false, queue) } });
  await started.beside({ ...QUICK, dispatcher: onRedis(true, queue) });
  return started;
}

async function onPostgres(): Promise<Flow> {
  const database = await Flow.start({ attach: { work: false } });
  const connection = { connectionString: database.url, migrate: true };
  const queue = `spec-${randomUUID()}`;
  const dispatcher = bullmq({ connection, queue, backend: createPostgresBackend });
  await database.beside({ ...QUICK, dispatcher });
  return database;
}

const names = ({ received }: Receiver) =>
  received.map(({ body }) => (body as { name: string }).name);

const statusesOf = async (listener: string): Promise<readonly string[]> => {
  const { items } = await flow.hooks.deliveries.find({ listener });
  return items.map(({ status }) => status);
};

const untilStatuses = (listener: string, ...expected: readonly string[]) =>
  until(`the statuses are ${expected.join()}`, async () => {
    const statuses = await statusesOf(listener);
    return statuses.join() === expected.join();
  });

function keepsThePromises(start: Start): void {
  beforeAll(async () => {
    flow = await start();
  });
  afterEach(() => flow.clear());
  afterAll(() => flow.stop());

  it('A committed event is delivered once, signed; one that was rolled back is not', async () => {
    const { listener, receiver } = await flow.listen(undefined, {
      secret: 'a secret for this spec',
    });
    await flow.dataSource
      .transaction(async (manager) => {
        await manager.save(person({ name: 'rolled back' }));
        throw new Error('undone');
      })
      .catch(() => undefined);
    await flow.savePeople(1, 'committed');
    await untilStatuses(listener.id, 'done');
    expect(names(receiver)).toEqual(['committed']);
    const [request] = receiver.received;
    const { raw = Buffer.alloc(0) } = request ?? {};
    expect(() => verify(request?.headers ?? {}, raw, 'a secret for this spec')).not.toThrow();
  });

  it('A delivery that failed is tried again with the same id', async () => {
    const { listener, receiver } = await flow.listen(answering({ status: 500 }, { status: 200 }));
    await flow.savePeople(1);
    await untilStatuses(listener.id, 'done');
    expect(new Set(headers(receiver, 'hook-delivery')).size).toBe(1);
    expect(headers(receiver, 'hook-attempt')).toEqual(['1', '2']);
  });
}

function keepsAllPromises(start: Start): void {
  keepsThePromises(start);

  it('A hundred events of one listener are all delivered', async () => {
    const { listener, receiver } = await flow.listen();
    await flow.savePeople(100);
    await receiver.waitFor(100);
    await untilStatuses(listener.id, ...Array<string>(100).fill('done'));
    expect(new Set(headers(receiver, 'hook-delivery')).size).toBe(100);
  });

  it('A rescheduled delivery waits for its time', async () => {
    const { listener } = await flow.listen(
      answering({ body: { status: 'reschedule', countdown: 60 } }),
    );
    await flow.savePeople(1);
    await untilStatuses(listener.id, 'rescheduled');
  });

  it('A listener gets nothing that happens while it is paused, and events again when it is resumed', async () => {
    const { listener, receiver } = await flow.listen();
    await flow.savePeople(1, 'before');
    await receiver.waitFor(1);
    await flow.hooks.listeners.pause(listener.id, 'a spec');
    await flow.savePeople(1, 'while paused');
    await until('it is planned', async () => (await flow.pendingEvents()) === 0);
    await flow.hooks.listeners.resume(listener.id);
    await flow.savePeople(1, 'resumed');
    await receiver.waitFor(2);
    expect(names(receiver)).toEqual(['before', 'resumed']);
  });

  it('A retry for a listener that was removed meanwhile is skipped', async () => {
    const { listener, receiver } = await flow.listen(answering({ status: 500 }), {
      delivery: { retryDelayMs: 1_000 },
    });
    await flow.savePeople(1);
    await receiver.waitFor(1);
    await flow.hooks.listeners.remove(listener.id);
    await untilStatuses(listener.id, 'skipped');
  });

  it('An ordered listener gets the events of a row in order', async () => {
    const { receiver } = await flow.listen(answering({ status: 500 }, { status: 200 }), {
      ordered: true,
    });
    const [one] = await flow.savePeople(1, 'first');
    for (const name of ['second', 'third']) {
      await flow.dataSource.manager.save(Person, { ...one, name });
    }
    await receiver.waitFor(4);
    expect(names(receiver)).toEqual(['first', 'first', 'second', 'third']);
  });

  it('A slow endpoint delays no other', async () => {
    const slow = await flow.listen(() => undefined, { delivery: { timeoutMs: 20_000 } });
    const other = await flow.listen();
    await flow.savePeople(5);
    await other.receiver.waitFor(5);
    expect(await statusesOf(slow.listener.id)).not.toContain('done');
  });

  it('The events of a buffer are sent when it ends', async () => {
    const { receiver } = await flow.listen();
    await flow.hooks.buffer(async () => {
      await flow.savePeople(1, 'inside');
      const { events } = await flow.hooks.stats();
      expect(events.waiting).toBe(1);
      expect(receiver.received).toEqual([]);
    });
    await receiver.waitFor(1);
  });
}

const LOCAL: readonly (readonly [string, Start])[] = [
  ['default', alone({})],
  ['inline', alone({ dispatcher: 'inline' })],
  ['an own worker', withWorker],
];

const REMOTE: readonly (readonly [string, Start])[] = [
  ['bullmq', () => alone({ dispatcher: onRedis() })()],
  ['bullmq with another process that consumes', withConsumer],
];

describe.each(LOCAL)('the dispatcher %s', (_, start) => keepsAllPromises(start));

describeWithRedis().each(REMOTE)('the dispatcher %s', (_, start) => keepsAllPromises(start));

describe('the dispatcher bullmq on PostgreSQL', () => keepsThePromises(onPostgres));

describe('a handler', () => {
  it.each(LOCAL)('A handler gets its events with the dispatcher %s', async (_, start) => {
    flow = await start();
    const handled = jest.fn(() => BackgroundResponse.done());
    const audit = flow.hooks.handler('audit', handled);
    await flow.hooks.for(Person).listener(audit).save();
    const worker = await flow.beside({ ...QUICK });
    worker.hooks.handler('audit', handled);
    await flow.savePeople(1);
    await until('it is called', () => handled.mock.calls.length === 1);
    await flow.stop();
  });
});
