import type { AttachOptions } from '../../../lib';
import { type TestReceiver, testReceiver } from '../../../lib/testing';
import { Flow } from '../../support/application/flow';
import { Person } from '../../support/entities/person';

let flow: Flow;
let receiver: TestReceiver;

const start = async (attach: AttachOptions = {}) => {
  flow = await Flow.start({ attach: { sweepMs: 60_000, ...attach } });
  receiver = await testReceiver();
  await flow.hooks.for(Person).listener({ url: receiver.url, secret: receiver.secret }).save();
};

afterEach(async () => {
  await receiver.close();
  await flow.stop();
});

describe('hooks.testing.deliver()', () => {
  it.each([{ work: false }, { work: true }, { dispatcher: 'inline' as const }])(
    'What is stored is sent with %j',
    async (attach) => {
      await start(attach);
      await flow.hooks.buffer(async () => {
        await flow.savePeople(2);
      });
      const result = await flow.hooks.testing.deliver();
      expect(receiver.events).toEqual(Array(2).fill({ name: 'Joe', address: null }));
      expect(result).toMatchObject({ failed: 0, left: 0 });
      if (attach.work === false)
        expect(result).toMatchObject({
          planned: 2,
          delivered: 2,
          deliveries: [
            { event: 'person.created', status: 'done' },
            { event: 'person.created', status: 'done' },
          ],
        });
      const items = (await flow.hooks.deliveries.find({ status: 'done' })).items;
      expect(items).toHaveLength(2);
    },
  );

  it.each([{ work: false }, { work: true }])(
    'Retries are tried at once if they are asked for, with %j',
    async (attach) => {
      await start(attach);
      receiver.reply(
        { status: 500 },
        { status: 503, headers: { 'retry-after': '3600' } },
        { body: { status: 'reschedule', countdown: 3_600 } },
        { status: 200 },
      );
      await flow.savePeople(1);
      const first = await flow.hooks.testing.deliver();
      expect(first).toMatchObject({ delivered: 0, failed: 0, left: 0 });
      expect(receiver.requests).toHaveLength(1);
      const { delivered, deliveries } = await flow.hooks.testing.deliver({ retries: true });
      expect(deliveries).toMatchObject([{ status: 'done' }]);
      expect({ delivered, requests: receiver.requests.length }).toEqual({
        delivered: 1,
        requests: 4,
      });
    },
  );

  it('Retries of an endpoint that always fails end as failed', async () => {
    await start({ work: false, delivery: { retries: 7 } });
    receiver.reply({ status: 500 });
    await flow.savePeople(3);
    expect(await flow.hooks.testing.deliver({ retries: true })).toMatchObject({
      planned: 3,
      delivered: 0,
      failed: 3,
      left: 0,
    });
    expect(receiver.requests).toHaveLength(24);
  });

  it('A delivery that this process cannot try does not keep it running', async () => {
    await start({ work: false });
    await flow.hooks.for(Person).listener('handler:elsewhere').save();
    await flow.savePeople(1);
    const { delivered, deliveries } = await flow.hooks.testing.deliver({ retries: true });
    expect(delivered).toBe(1);
    expect(deliveries.map(({ status }) => status).sort()).toEqual(['done', 'waiting']);
  });

  it('The deadline ends it, and what it has left can be delivered later', async () => {
    await start({ work: false });
    receiver.reply({ delayMs: 60_000 });
    await flow.savePeople(1);
    const { delivered, failed } = await flow.hooks.testing.deliver({ deadlineMs: 300 });
    expect({ delivered, failed }).toEqual({ delivered: 0, failed: 0 });
    receiver.reply({ status: 200 });
    expect(await flow.hooks.testing.deliver({ retries: true })).toMatchObject({
      delivered: 1,
      left: 0,
    });
  });

  it('A delivery that is repeated in another batch is among the events once', async () => {
    await start({ work: false });
    const [listener] = await flow.hooks.listeners.find();
    await flow.hooks.listeners.update(listener?.id ?? '', {
      batch: { maxEvents: 10, maxWaitMs: 0 },
    });
    receiver.reply({ body: { status: 'failure', failed: [{ index: 1, reason: 'no' }] } }, {});
    await flow.savePeople(3);
    const { deliveries } = await flow.hooks.testing.deliver();
    const failed = deliveries.filter(({ status }) => status === 'failed');
    for (const { deliveryId } of failed) await flow.hooks.deliveries.retry(deliveryId);
    await flow.hooks.testing.deliver({ retries: true });
    expect(receiver.requests.map(({ headers }) => headers['hook-batch'])).toEqual(['3', '1']);
    expect(receiver.events).toHaveLength(3);
  });

  it('A dispatcher that sends nothing is refused', async () => {
    await start({ dispatcher: 'disabled' });
    await expect(flow.hooks.testing.deliver()).rejects.toMatchObject({ code: 'OPTION_INVALID' });
  });
});
