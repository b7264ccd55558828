import { Webhook } from 'standardwebhooks';
import type { Listener, ListenerOptions } from '../../../lib';
import { verify } from '../../../lib/receiver';
import { Flow } from '../../support/application/flow';
import { until } from '../../support/application/waiting';
import { Person } from '../../support/entities/person';
import { type Answer, answering } from '../../support/receivers/answers';
import type { Receiver } from '../../support/receivers/receiver';

const LONG_MS = 3_600_000;
const SOON = { maxEvents: 10, maxWaitMs: 0 };

let flow: Flow;

beforeAll(async () => {
  flow = await Flow.start({ attach: { sweepMs: 100 } });
});
afterEach(() => flow.clear());
afterAll(() => flow?.stop());

describe('a batching listener', () => {
  it('One request holds the events in order when as many as `maxEvents` wait', async () => {
    const { listener, receiver } = await batching({ batch: { maxEvents: 3, maxWaitMs: LONG_MS } });
    await saved(7);
    await receiver.waitFor(2);
    expect(names(receiver)).toEqual([
      ['0', '1', '2'],
      ['3', '4', '5'],
    ]);
    await untilEnded(listener, 6);
    expect(await statusesOf(listener)).toEqual([...Array(6).fill('done'), 'waiting']);
  });

  it('Events of several transactions wait for each other', async () => {
    const { receiver } = await batching({ batch: { maxEvents: 2, maxWaitMs: LONG_MS } });
    await saved(1);
    await saved(1);
    const [request] = await receiver.waitFor(1);
    expect(request?.body).toHaveLength(2);
  });

  it('A batch is sent with fewer events when the oldest has waited for `maxWaitMs`', async () => {
    const { listener, receiver } = await batching({ batch: { maxEvents: 100, maxWaitMs: 300 } });
    await saved(2);
    await receiver.waitFor(1);
    expect(names(receiver)).toEqual([['0', '1']]);
    await untilEnded(listener, 2);
    const waits = await flow.query<{ ms: number }>(
      'SELECT (extract(epoch FROM attempted_at - created_at) * 1000)::float8 AS ms FROM model_hook_delivery WHERE listener_id = $1',
      [listener.id],
    );
    expect(waits.map(({ ms }) => ms >= 299)).toEqual([true, true]);
  });

  it('The headers name the events, the count and the deliveries, and a batch has one signature', async () => {
    const { listener, receiver } = await batching({ batch: SOON });
    await saved(3);
    const [request] = await receiver.waitFor(1);
    await flow.hooks.idle();
    const { items } = await flow.hooks.deliveries.find({ listener: listener.id });
    const headers = request?.headers ?? {};
    expect(headers).toMatchObject({
      'hook-event': 'person.created',
      'hook-batch': '3',
      'hook-attempt': '1',
      'content-type': 'application/json',
    });
    expect(String(headers['hook-deliveries']).split(',').sort()).toEqual(
      items.map(({ id }) => id).sort(),
    );
    expect(headers['hook-delivery']).toMatch(/^[\da-f]{8}-[\da-f]{4}-5/);
    expect(headers['webhook-id']).toBe(headers['hook-delivery']);
    const raw = request?.raw.toString() ?? '';
    const secret = listener.secret ?? '';
    expect(() => verify(headers, raw, secret)).not.toThrow();
    expect(new Webhook(secret).verify(raw, headers as Record<string, string>)).toHaveLength(3);
  });

  it('The header `Hook-Event` is `batch` if the events have several names', async () => {
    const { receiver } = await batching({ batch: { maxEvents: 2, maxWaitMs: LONG_MS } });
    const [one] = await saved(1);
    await flow.dataSource.manager.save(Person, { ...one, name: 'other' });
    const [request] = await receiver.waitFor(1);
    expect(request?.headers['hook-event']).toBe('batch');
  });

  it.each(['fields', 'envelope', 'standard', 'cloudevents'] as const)(
    'A batch in the format %s is the array of what each body would be alone',
    async (format) => {
      const alone = await flow.listen(undefined, { format });
      const { receiver } = await batching({ batch: SOON, format });
      await saved(2);
      await alone.receiver.waitFor(2);
      await receiver.waitFor(1);
      const text = (value: unknown) => JSON.stringify(value);
      const bodies = receiver.received.flatMap(({ body }) => body as unknown[]).map(text);
      expect(bodies.sort()).toEqual(alone.receiver.received.map(({ body }) => text(body)).sort());
    },
  );

  it('An ordered listener gets the events of a row one batch after the other, in their order', async () => {
    const { receiver } = await batching({ ordered: true, batch: { maxEvents: 5, maxWaitMs: 50 } });
    const [one, two] = await saved(2);
    for (const name of ['a', 'b', 'c'])
      await flow.dataSource.manager.save(Person, [
        { ...one, name: `one ${name}` },
        { ...two, name: `two ${name}` },
      ]);
    await flow.hooks.idle();
    const all = names(receiver).flat();
    expect(all.filter((name) => name.startsWith('one'))).toEqual(['one a', 'one b', 'one c']);
    expect(all.filter((name) => name.startsWith('two'))).toEqual(['two a', 'two b', 'two c']);
    expect(all).toHaveLength(8);
  });

  it('A batch ends before its body is longer than 1 MiB', async () => {
    const { receiver } = await batching({ batch: SOON });
    const name = 'x'.repeat(400_000);
    await flow.savePeople(3, name);
    await flow.hooks.idle();
    expect(receiver.received.map(({ body }) => (body as unknown[]).length)).toEqual([2, 1]);
  });

  it('A rate-limited listener gets no more deliveries than its rate in one batch', async () => {
    const { receiver } = await batching({
      maxPerSecond: 2,
      batch: { maxEvents: 10, maxWaitMs: LONG_MS },
    });
    await saved(4);
    await receiver.waitFor(2);
    expect(names(receiver)).toEqual([
      ['0', '1'],
      ['2', '3'],
    ]);
  });

  it('A test sends a batch of one event', async () => {
    const { listener, receiver } = await batching({ batch: SOON });
    expect(await flow.hooks.listeners.test(listener.id)).toMatchObject({ outcome: 'done' });
    expect(receiver.received).toMatchObject([
      { headers: { 'hook-batch': '1', 'hook-test': '1' }, body: [expect.anything()] },
    ]);
  });

  it('An update with null ends the batches', async () => {
    const { listener, receiver } = await batching({ batch: { maxEvents: 9, maxWaitMs: LONG_MS } });
    expect(listener.batch).toEqual({ maxEvents: 9, maxWaitMs: LONG_MS });
    const updated = await flow.hooks.listeners.update(listener.id, { batch: null });
    expect(updated.batch).toBeNull();
    await saved(1);
    const [request] = await receiver.waitFor(1);
    expect(request?.headers['hook-batch']).toBeUndefined();
  });
});

describe('the answer to a batch', () => {
  const REASON = 'no such order';

  it.each<{ readonly says: string; readonly answer: Answer; readonly statuses: readonly string[] }>(
    [
      { says: 'nothing', answer: {}, statuses: ['done', 'done', 'done'] },
      {
        says: 'a failure',
        answer: { body: { status: 'failure', reason: REASON } },
        statuses: ['failed', 'failed', 'failed'],
      },
      {
        says: 'a skip',
        answer: { body: { status: 'skip' } },
        statuses: ['skipped', 'skipped', 'skipped'],
      },
      {
        says: 'a time to come back',
        answer: { body: { status: 'reschedule', countdown: 60 } },
        statuses: ['rescheduled', 'rescheduled', 'rescheduled'],
      },
      {
        says: 'a server error',
        answer: { status: 500 },
        statuses: ['retrying', 'retrying', 'retrying'],
      },
      {
        says: 'which one failed, by index',
        answer: { body: { status: 'failure', failed: [{ index: 1, reason: REASON }] } },
        statuses: ['done', 'failed', 'done'],
      },
      {
        says: 'an index that does not exist',
        answer: { body: { status: 'failure', failed: [{ index: 3 }] } },
        statuses: ['failed', 'failed', 'failed'],
      },
      {
        says: 'a list without events',
        answer: { body: { status: 'failure', failed: [] } },
        statuses: ['failed', 'failed', 'failed'],
      },
    ],
  )('An answer with $says ends each delivery accordingly', async ({ answer, statuses }) => {
    const { listener } = await batching({ batch: SOON }, answer);
    await saved(3);
    await untilEnded(listener, 3);
    expect(await statusesOf(listener)).toEqual(statuses);
  });

  it.each(['delivery', 'event'])('A failed event can be named by the id of its %s', async (of) => {
    const receiving = await flow.listen(
      (request, response) => {
        const [, delivery = ''] = String(request.headers['hook-deliveries']).split(',');
        const [, event] = request.body as { id: string }[];
        const id = of === 'delivery' ? delivery : event?.id;
        response.end(JSON.stringify({ status: 'failure', failed: [{ id, reason: REASON }] }));
      },
      { batch: SOON, format: 'envelope' },
    );
    await saved(3);
    await untilEnded(receiving.listener, 3);
    expect(await statusesOf(receiving.listener)).toEqual(['done', 'failed', 'done']);
    const { items } = await flow.hooks.deliveries.find({ listener: receiving.listener.id });
    expect(items.find(({ status }) => status === 'failed')?.reason).toBe(REASON);
  });

  it('The deliveries of a batch that failed are sent again with the same ids', async () => {
    const { listener, receiver } = await flow.listen(answering({ status: 500 }, {}), {
      batch: SOON,
      delivery: { retryDelayMs: 1_000, jitter: 0 },
    });
    await saved(3);
    await until('all are done', async () => {
      const statuses = await statusesOf(listener);
      return statuses.length === 3 && statuses.every((status) => status === 'done');
    });
    const [first = [], ...others] = receiver.received.map(({ headers }) =>
      String(headers['hook-deliveries']).split(','),
    );
    expect(others.flat().sort()).toEqual([...first].sort());
    expect(receiver.received.at(-1)?.headers['hook-attempt']).toBe('2');
  });
});

describe('an invalid batch', () => {
  it.each<{ readonly what: string; readonly options: object; readonly reason: string }>([
    {
      what: 'no event',
      options: { batch: { maxEvents: 0, maxWaitMs: 1 } },
      reason: 'batch.maxEvents',
    },
    {
      what: 'too many events',
      options: { batch: { maxEvents: 101, maxWaitMs: 1 } },
      reason: 'batch.maxEvents',
    },
    {
      what: 'a long wait',
      options: { batch: { maxEvents: 1, maxWaitMs: 3_600_001 } },
      reason: 'batch.maxWaitMs',
    },
    { what: 'no wait', options: { batch: { maxEvents: 1 } }, reason: 'batch.maxWaitMs' },
    { what: 'an unknown option', options: { batch: { ...SOON, max: 1 } }, reason: 'batch.max' },
    { what: 'a number', options: { batch: 5 }, reason: 'batch' },
    {
      what: 'a form',
      options: { batch: SOON, contentType: 'application/x-www-form-urlencoded' },
      reason: 'content type',
    },
    { what: 'a handler', options: { batch: SOON, url: 'handler:audit' }, reason: 'only for URLs' },
  ])('A listener with $what is refused', async ({ options, reason }) => {
    const saving = flow.hooks
      .for(Person)
      .listener({ url: 'https://example.com/', ...options })
      .save();
    await expect(saving).rejects.toMatchObject({
      code: 'LISTENER_INVALID',
      message: expect.stringContaining(reason),
    });
  });
});

async function batching(options: Omit<ListenerOptions, 'url'>, answer: Answer = {}) {
  return flow.listen(answering(answer), options);
}

/** In one `save()`; their names are numbers. */
function saved(count: number): Promise<Person[]> {
  const people = Array.from({ length: count }, (_, n) =>
    flow.dataSource.manager.create(Person, { name: String(n), address: '' }),
  );
  return flow.dataSource.manager.save(people);
}

function names({ received }: Receiver): string[][] {
  return received.map(({ body }) => (body as { name: string }[]).map(({ name }) => name));
}

/** Waits until that many of its deliveries were attempted. */
function untilEnded(listener: Listener, count: number): Promise<void> {
  return until(`${count} deliveries were attempted`, async () => {
    const statuses = await statusesOf(listener);
    return statuses.filter((status) => status !== 'waiting').length === count;
  });
}

/** In the order of the events. */
async function statusesOf({ id }: Listener): Promise<readonly string[]> {
  const rows = await flow.query<{ status: string }>(
    `SELECT d.status FROM model_hook_delivery d JOIN model_hook_event e ON e.id = d.event_id
     WHERE d.listener_id = $1 ORDER BY e.sequence`,
    [id],
  );
  return rows.map(({ status }) => status);
}
