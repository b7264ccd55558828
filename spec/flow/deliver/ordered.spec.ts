import type { AttachOptions } from '../../../lib';
import { Flow } from '../../support/application/flow';
import { ReceivingFlow } from '../../support/application/receiving-flow';
import { until } from '../../support/application/waiting';
import { Person, person } from '../../support/entities/person';
import { answering, answeringAfter, headers } from '../../support/receivers/answers';
import type { Received } from '../../support/receivers/receiver';

const SOON = { retries: 3, retryDelayMs: 50, jitter: 0 };
const ORDERED = { ordered: true, format: 'envelope' } as const;

let flow: Flow;
beforeAll(async () => {
  flow = await Flow.start({ attach: { sweepMs: 500 } });
});
afterEach(() => flow.clear());
afterAll(() => flow?.stop());

const nameIn = ({ body }: Received): string => (body as { data: { name: string } }).data.name;

describe('an ordered listener', () => {
  it('An ordered listener gets the events of a row in the order of commits', async () => {
    const { receiver } = await flow.listen(answeringAfter(5), ORDERED);
    const joe = await renamed(person(), 12);
    await flow.hooks.idle();
    expect(receiver.received.map(nameIn)).toEqual(joe);
  });

  it('A retried event comes before later events of its row', async () => {
    const respond = answering({}, { status: 500 }, { status: 503 }, {});
    const { receiver } = await flow.listen(respond, { ...ORDERED, delivery: SOON });
    await renamed(person(), 4);
    await until('all have arrived', () => receiver.received.length >= 6);
    await flow.hooks.idle();
    expect(receiver.received.map(nameIn)).toEqual(['v1', 'v2', 'v2', 'v2', 'v3', 'v4']);
    expect(headers(receiver, 'hook-attempt')).toEqual(['1', '1', '2', '3', '1', '1']);
  });

  it('A retry does not delay the events of other rows', async () => {
    const { receiver, listener } = await flow.listen(
      (request, response) => response.writeHead(nameIn(request) === 'v1' ? 500 : 200).end(),
      { ...ORDERED, delivery: { retries: 3, retryDelayMs: 3_600_000 } },
    );
    await renamed(person(), 3);
    const others = await Promise.all(['Ann', 'Bob', 'Cem'].map((name) => saved(person({ name }))));
    await receiver.waitFor(1 + others.length);
    await flow.hooks.idle();
    expect(receiver.received.map(nameIn).sort()).toEqual(['Ann', 'Bob', 'Cem', 'v1']);
    const { items } = await flow.hooks.deliveries.find({ listener: listener.id });
    const statuses = items.map(({ status }) => status).sort();
    expect(statuses).toEqual(['done', 'done', 'done', 'retrying', 'waiting', 'waiting']);
  });

  it('An ordered listener continues after an event has failed finally', async () => {
    const { receiver } = await flow.listen(
      (request, response) => response.writeHead(nameIn(request) === 'v2' ? 500 : 200).end(),
      { ...ORDERED, delivery: { retries: 0 } },
    );
    await renamed(person(), 4);
    await flow.hooks.idle();
    expect(receiver.received.map(nameIn)).toEqual(['v1', 'v2', 'v3', 'v4']);
  });

  it('An ordered listener gets the removal of a row last', async () => {
    const { receiver } = await flow.listen(undefined, ORDERED);
    const { dataSource } = flow.application;
    const one = await dataSource.manager.save(person({ name: 'v1' }));
    one.name = 'v2';
    await dataSource.manager.save(one);
    await dataSource.manager.remove(one);
    await flow.hooks.idle();
    const operations = receiver.received.map(
      ({ body }) => (body as { operation: string }).operation,
    );
    expect(operations).toEqual(['insert', 'update', 'remove']);
  });

  it('The events of a defined hook are ordered for each `ref`, and have no order without one', async () => {
    const { receiver } = await flow.listen();
    const shipped = flow.hooks.define(`order.shipped.${Date.now()}`, { provides: ['step'] });
    await shipped.listener({ url: receiver.url, ordered: true }).save();
    const ref = 'https://shop.example/orders/7';
    for (const step of [1, 2, 3, 4]) await shipped.send({ step }, { ref });
    await shipped.send({ step: 'alone' });
    await flow.hooks.idle();
    const steps = receiver.received.map(({ body }) => (body as { step: unknown }).step);
    expect(steps.filter((step) => step !== 'alone')).toEqual([1, 2, 3, 4]);
    expect(steps).toHaveLength(5);
  });
});

describe("an ordered listener with the dispatcher 'inline'", () => {
  it('An inline ordered delivery is attempted before save() returns', async () => {
    const inline = await Flow.start({ attach: { dispatcher: 'inline' } });
    try {
      const { receiver } = await inline.listen(undefined, ORDERED);
      await inline.savePeople(3);
      expect(receiver.received).toHaveLength(3);
    } finally {
      await inline.stop();
    }
  });
});

describe('ordered listeners of several processes', () => {
  const ROWS = 12;
  const CHANGES = 12;
  const OPTIONS: AttachOptions = { sweepMs: 200, delivery: { recipients: 'development' } };
  let first: ReceivingFlow;
  beforeEach(async () => {
    first = await ReceivingFlow.start({ attach: OPTIONS });
  });
  afterEach(() => first.stop());

  it('The events of a row stay in order if several processes write, plan and send', async () => {
    const others = await Promise.all([1, 2].map(() => first.beside(OPTIONS)));
    const all = [first, ...others];
    const [listener] = await first.hooks.listeners.find();
    await first.hooks.listeners.update(listener?.id ?? '', { ordered: true });
    const rows = await first.dataSource.manager.save(
      Array.from({ length: ROWS }, (_, n) => person({ name: `row ${n}`, address: '0' })),
    );
    // Each change is made by another process than the one before, and sent by any of them.
    await Promise.all(
      rows.map(async (row, n) => {
        for (let change = 1; change <= CHANGES; change += 1) {
          const { manager } = all[(n + change) % all.length]?.dataSource ?? first.dataSource;
          await manager.save(Object.assign(new Person(), row, { address: String(change) }));
        }
      }),
    );
    await first.receiver.waitFor(ROWS * (CHANGES + 1));
    const heard = new Map<string, number[]>();
    for (const { body } of first.receiver.received) {
      const { name, address } = (body as { data: Person }).data;
      heard.set(name, [...(heard.get(name) ?? []), Number(address)]);
    }
    const inOrder = Array.from({ length: CHANGES + 1 }, (_, n) => n);
    expect([...heard.values()]).toEqual(Array(ROWS).fill(inOrder));
  });
});

/** Saves the row so many times, as v1, v2 …; gives the names. */
async function renamed(one: Person, times: number): Promise<readonly string[]> {
  const names = Array.from({ length: times }, (_, n) => `v${n + 1}`);
  for (const name of names) await saved(Object.assign(one, { name }));
  return names;
}

function saved(one: Person): Promise<Person> {
  return flow.application.dataSource.manager.save(one);
}
