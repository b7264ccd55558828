import type { DefinedHook } from '../../../lib';
import { type Application, startApplication } from '../../support/application/application';
import { Person, person } from '../../support/entities/person';
import { type Receiver, startReceiver } from '../../support/receivers/receiver';

let application: Application;
let receiver: Receiver;
let shipped: DefinedHook;
beforeEach(async () => {
  receiver = await startReceiver();
  application = await startApplication({ entities: [Person] });
  shipped = application.hooks.define('order.shipped', { provides: ['number', 'to.city', 'at'] });
});
afterEach(async () => {
  await application.stop();
  await receiver.close();
});

/** What was received, once nothing is left to send. */
async function bodies(): Promise<readonly unknown[]> {
  await application.hooks.idle();
  return receiver.received.map(({ body }) => body);
}
const listen = (format: 'fields' | 'envelope' = 'fields') =>
  shipped.listener({ url: receiver.url, format }).save();

describe('DefinedHook.send', () => {
  it('Only the provided fields of the data are sent and stored', async () => {
    await listen();
    await shipped.send({
      number: 7,
      to: { city: 'Rome', zip: 'secret' },
      card: 'secret',
      at: null,
    });
    await shipped.send({ number: undefined, 'to.city': 'Oslo', at: new Date(0) });
    expect(await bodies()).toEqual(
      expect.arrayContaining([
        { number: 7, to: { city: 'Rome' }, at: null },
        { to: { city: 'Oslo' }, at: '1970-01-01T00:00:00.000Z' },
      ]),
    );
    const stored = await application.dataSource.query('SELECT data::text FROM model_hook_event');
    expect(JSON.stringify(stored)).not.toContain('secret');
  });

  it('send() returns the id of the event, which has its own sender, ref and headers', async () => {
    await listen('envelope');
    const ref = 'https://example.test/orders/7';
    const headers = { 'X-Order': '7' };
    const id = await shipped.send({ number: 7 }, { sender: 'acme', ref, headers });
    expect(await bodies()).toEqual([
      {
        id,
        event: 'order.shipped',
        operation: null,
        ref,
        sender: 'acme',
        timestamp: expect.any(String),
        data: { number: 7 },
        previous: null,
        changed: ['number'],
      },
    ]);
    expect(receiver.received[0]?.headers).toMatchObject({
      'x-order': '7',
      'hook-event': 'order.shipped',
    });
  });

  it('The event is sent only to listeners whose filter it satisfies', async () => {
    await shipped.listener(receiver.url).match({ 'to.city': 'Rome' }).save();
    await application.hooks.send('order.shipped', { to: { city: 'Oslo' } });
    await application.hooks.send('order.shipped', { to: { city: 'Rome' } });
    expect(await bodies()).toEqual([{ to: { city: 'Rome' } }]);
  });

  it('An event that joins a transaction is sent when the transaction commits', async () => {
    await listen();
    await application.dataSource.transaction(async (manager) => {
      await manager.save(person());
      await shipped.send({ number: 1 }, { manager });
      expect(await bodies()).toEqual([]);
      const inner = manager.transaction(async (savepoint) => {
        await shipped.send({ number: 2 }, { manager: savepoint });
        throw new RangeError('no');
      });
      await expect(inner).rejects.toThrow(RangeError);
    });
    expect(await bodies()).toEqual([{ number: 1 }]);
  });

  it('An event that joins a transaction is not sent if the transaction rolls back', async () => {
    await listen();
    const run = application.dataSource.transaction(async (manager) => {
      await shipped.send({ number: 1 }, { manager });
      throw new RangeError('no');
    });
    await expect(run).rejects.toThrow(RangeError);
    expect(await bodies()).toEqual([]);
    expect(await application.dataSource.query('SELECT id FROM model_hook_event')).toEqual([]);
  });

  it('An event that does not join the open transaction is sent at once', async () => {
    await listen();
    await application.dataSource.transaction(async () => {
      await shipped.send({ number: 1 });
      expect(await bodies()).toEqual([{ number: 1 }]);
    });
    await shipped.send({ number: 2 }, { manager: application.dataSource.manager });
    expect(await bodies()).toEqual([{ number: 1 }, { number: 2 }]);
  });
});
