import { randomUUID } from 'node:crypto';
import type { Delivery, DeliveryPage, DeliveryWhere } from '../../../lib';
import { Flow } from '../../support/application/flow';
import { answering, headers } from '../../support/receivers/answers';

let flow: Flow;

beforeEach(async () => {
  flow = await Flow.start({ attach: { sweepMs: 100 } });
});
afterEach(() => flow?.stop());

describe('hooks.deliveries.find', () => {
  it('find() filters by listener, event, status and time, and by several of them', async () => {
    const good = await flow.listen();
    const bad = await flow.listen(answering({ status: 500 }));
    const [ann] = await deliverPeople(['Ann']);
    const [joe, ...rest] = await deliverPeople(['Joe']);
    // Both of Joe's deliveries are later, each by the clock of the database.
    const joes = [joe, ...rest].filter((delivery) => delivery?.eventId === joe?.eventId);
    const between = new Date(Math.min(...joes.map((delivery) => Number(delivery?.createdAt))));
    const found = (where: DeliveryWhere) => eventsOf(flow.hooks.deliveries.find(where));
    const [annsEvent = '', joesEvent = ''] = [ann?.eventId, joe?.eventId];

    expect(await found({})).toEqual([annsEvent, annsEvent, joesEvent, joesEvent].sort());
    expect(await found({ listener: good.listener.id })).toEqual([annsEvent, joesEvent].sort());
    expect(await found({ event: 'person.created' })).toHaveLength(4);
    expect(await found({ event: 'person.removed' })).toEqual([]);
    expect(await found({ event: annsEvent })).toEqual([annsEvent, annsEvent]);
    expect(await found({ status: 'done' })).toEqual([annsEvent, joesEvent].sort());
    expect(await found({ status: 'failed' })).toEqual([]);
    expect(await found({ since: between })).not.toContain(annsEvent);
    expect(await found({ until: between })).toEqual([annsEvent, annsEvent]);
    expect(
      await found({ listener: bad.listener.id, event: annsEvent, status: 'retrying' }),
    ).toEqual([annsEvent]);
    expect(await found({ listener: randomUUID() })).toEqual([]);
    expect(await found({ listener: 'no id' })).toEqual([]);
  });

  it('Pages are newest first and contain each delivery once, even if new ones come in between', async () => {
    await flow.listen();
    await flow.savePeople(25);
    await flow.hooks.idle();
    const first = await flow.hooks.deliveries.find({ limit: 10 });
    await flow.savePeople(5);
    await flow.hooks.idle();
    const second = await nextPage(first);
    const third = await nextPage(second);
    expect([first, second, third].map(({ items }) => items.length)).toEqual([10, 10, 5]);
    expect(third.nextCursor).toBeNull();

    const items = [first, second, third].flatMap((page) => page.items);
    expect(new Set(items.map(({ id }) => id)).size).toBe(25);
    const times = items.map(({ createdAt }) => createdAt.getTime());
    expect(times).toEqual(times.toSorted((a, b) => b - a));
  });

  it('A last page that is exactly full has no next page', async () => {
    await flow.listen();
    await flow.savePeople(3);
    await flow.hooks.idle();
    expect(await flow.hooks.deliveries.find({ limit: 3 })).toMatchObject({ nextCursor: null });
  });

  it.each([
    { limit: 0 },
    { limit: 1_001 },
    { limit: 1.5 },
    { status: 'pending' as 'done' },
    { cursor: 'nonsense' },
  ])('find() refuses the query %j', async (where) => {
    await expect(flow.hooks.deliveries.find(where)).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      option: Object.keys(where)[0],
    });
  });
});

describe('hooks.deliveries.get', () => {
  it('get() returns a delivery with its attempts from first to last', async () => {
    const answers = [{ status: 500, body: 'ouch' }, { body: { status: 'success', retval: 7 } }];
    const { listener } = await flow.listen(answering(...answers));
    const [delivery] = await deliverPeople(['Ann']);
    await flow.makeDue(delivery as Delivery);
    await flow.hooks.idle();
    expect(await flow.hooks.deliveries.get(delivery?.id ?? '')).toMatchObject({
      listenerId: listener.id,
      event: 'person.created',
      status: 'done',
      attempt: 2,
      retval: 7,
      attempts: [
        { number: 1, outcome: 'retrying', httpStatus: 500, reason: 'HTTP 500', response: 'ouch' },
        { number: 2, outcome: 'done', httpStatus: 200, reason: null, at: expect.any(Date) },
      ],
    });
  });

  it.each([randomUUID(), 'no id'])('get() returns null for the id %s', async (id) => {
    expect(await flow.hooks.deliveries.get(id)).toBeNull();
  });
});

describe('hooks.deliveries.retry', () => {
  it.each([
    { status: 'done', answer: {} },
    { status: 'failed', answer: { body: { status: 'failure' } } },
    { status: 'skipped', answer: { body: { status: 'skip' } } },
    { status: 'retrying', answer: { status: 500 } },
    { status: 'rescheduled', answer: { body: { status: 'reschedule' } } },
  ])(
    'A $status delivery is sent again with the same id and the next attempt number',
    async ({ status, answer }) => {
      const { receiver } = await flow.listen(answering(answer, {}));
      const [delivery] = await deliverPeople(['Ann']);
      expect(delivery?.status).toBe(status);
      await flow.hooks.deliveries.retry(delivery?.id ?? '');
      await receiver.waitFor(2);
      await flow.hooks.idle();
      expect(headers(receiver, 'hook-delivery')).toEqual([delivery?.id, delivery?.id]);
      expect(headers(receiver, 'hook-attempt')).toEqual(['1', '2']);
      const retried = await flow.hooks.deliveries.get(delivery?.id ?? '');
      expect(retried).toMatchObject({ status: 'done', attempt: 2 });
      expect(retried?.attempts.map(({ number, outcome }) => [number, outcome])).toEqual([
        [1, status],
        [2, 'done'],
      ]);
      expect((await flow.hooks.deliveries.find()).items).toHaveLength(1);
    },
  );

  it('A delivery that is sent again has all its retries again', async () => {
    const { listener } = await flow.listen(answering({ status: 500 }), {
      delivery: { retries: 1 },
    });
    const [delivery] = await deliverPeople(['Ann']);
    await flow.makeDue(delivery as Delivery);
    await flow.hooks.idle();
    expect((await flow.deliveryOf(listener.id)).status).toBe('failed');
    await flow.hooks.deliveries.retry(delivery?.id ?? '');
    await flow.hooks.idle();
    expect(await flow.deliveryOf(listener.id)).toMatchObject({ status: 'retrying', attempt: 3 });
  });

  it.each([randomUUID(), 'no id'])('retry() rejects the id %s', async (id) => {
    await expect(flow.hooks.deliveries.retry(id)).rejects.toMatchObject({
      code: 'DELIVERY_NOT_FOUND',
    });
  });
});

async function deliverPeople(names: readonly string[]): Promise<readonly Delivery[]> {
  for (const name of names) await flow.savePeople(1, name);
  await flow.hooks.idle();
  return (await flow.hooks.deliveries.find()).items;
}

function nextPage({ nextCursor }: DeliveryPage): Promise<DeliveryPage> {
  if (nextCursor === null) throw new Error('There is no further page.');
  return flow.hooks.deliveries.find({ limit: 10, cursor: nextCursor });
}

async function eventsOf(page: Promise<DeliveryPage>): Promise<readonly string[]> {
  return (await page).items.map(({ eventId }) => eventId).sort();
}
