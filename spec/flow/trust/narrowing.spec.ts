import type { LookupFunction } from 'node:net';
import type { DeliveryOptions, Listener, ListenerRecipientOptions } from '../../../lib';
import { Flow } from '../../support/application/flow';
import { Person } from '../../support/entities/person';
import { type Receiver, type Respond, startReceiver } from '../../support/receivers/receiver';

const NAME = 'hooks.example';
const LOOPBACK = ['127.0.0.0/8'];
const lookup: LookupFunction = (_hostname, _options, callback) =>
  callback(null, [{ address: '127.0.0.1', family: 4 }]);

let flow: Flow | undefined;
let receiver: Receiver;

afterEach(async () => {
  await flow?.stop();
  await receiver.close();
});

/** Every name is loopback, which the attachment allows. */
async function start(respond?: Respond, delivery: DeliveryOptions = {}): Promise<Flow> {
  receiver = await startReceiver(respond);
  const recipients = { ports: 'any', allow: LOOPBACK, lookup } as const;
  flow = await Flow.start({ attach: { delivery: { recipients, ...delivery } } });
  return flow;
}

const named = (): string => receiver.url.replace('127.0.0.1', NAME);
const portOf = (url: string): number => Number(new URL(url).port);

const narrow = (recipients: ListenerRecipientOptions) => ({ delivery: { recipients } });

/** As another release, or an attachment with other options, may have stored it. */
async function rewrite(
  started: Flow,
  { id }: Listener,
  recipients: unknown,
  target?: string,
): Promise<void> {
  await started.query(
    `UPDATE model_hook_listener SET delivery = $2, target = coalesce($3, target) WHERE id = $1`,
    [id, JSON.stringify({ recipients }), target],
  );
}

describe('a listener that narrows its recipients', () => {
  it('A listener is stored with its recipients, and an allowed delivery arrives', async () => {
    const { hooks } = await start();
    const recipients = {
      protocols: ['http'],
      ports: [portOf(receiver.url)],
      deny: ['8.8.8.0/24'],
    } as const;
    const listener = await hooks
      .for(Person)
      .listener({ url: named(), delivery: { retries: 1, recipients } })
      .save();
    expect(listener.delivery).toEqual({ retries: 1, recipients });
    expect((await hooks.listeners.get(listener.id))?.delivery).toEqual(listener.delivery);
    await flow?.savePeople(1);
    await receiver.waitFor(1);
  });

  it.each<{ url: string; own: unknown; code: string }>([
    // The outer policy first, whatever the listener says.
    { url: 'http://10.0.0.1/', own: { allow: ['10.0.0.0/8'] }, code: 'RECIPIENT_REFUSED' },
    { url: 'http://10.0.0.1/', own: 'development', code: 'RECIPIENT_REFUSED' },
    { url: 'http://127.0.0.1/', own: { allow: LOOPBACK }, code: 'LISTENER_INVALID' },
    { url: 'http://127.0.0.1/', own: 'development', code: 'LISTENER_INVALID' },
    { url: 'http://127.0.0.1/', own: { blockInternal: false }, code: 'LISTENER_INVALID' },
    { url: 'http://127.0.0.1/', own: { deny: ['x'], ports: [443] }, code: 'LISTENER_INVALID' },
    { url: 'http://127.0.0.1/', own: { deny: LOOPBACK }, code: 'RECIPIENT_REFUSED' },
    { url: 'http://127.0.0.1/', own: { ports: [443] }, code: 'RECIPIENT_REFUSED' },
    { url: 'http://localhost/', own: { blockInternal: true }, code: 'RECIPIENT_REFUSED' },
  ])(
    'A listener to $url with the recipients $own is refused as $code',
    async ({ url, own, code }) => {
      const { hooks } = await start();
      const recipients = own as ListenerRecipientOptions;
      const save = (target: string) =>
        hooks
          .for(Person)
          .listener({ url: target, key: 'k', ...narrow(recipients) })
          .save();
      await expect(save(url)).rejects.toMatchObject({
        code,
        ...(code === 'LISTENER_INVALID' && { fields: { delivery: expect.anything() } }),
      });
      const plain = await hooks.for(Person).listener({ url: named(), key: 'k' }).save();
      await expect(
        hooks.listeners.update(plain.id, { url, ...narrow(recipients) }),
      ).rejects.toMatchObject({ code });
    },
  );

  it('A listener with narrowed recipients does not use a connection that was opened for another', async () => {
    const { hooks } = await start();
    const open = await hooks.for(Person).listener(`${named()}/open`).save();
    await flow?.savePeople(1);
    await hooks.idle();
    const closed = await hooks
      .for(Person)
      .listener({ url: `${named()}/closed`, ...narrow({ deny: LOOPBACK }) })
      .save();
    await flow?.savePeople(1);
    await hooks.idle();
    expect(receiver.received.map(({ path }) => path)).toEqual(['/open', '/open']);
    expect(await flow?.deliveryOf(closed.id)).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('delivery.recipients.deny'),
      attempts: [{ detail: expect.stringContaining('127.0.0.1 is refused: it is denied') }],
    });
    expect((await hooks.deliveries.find({ listener: open.id })).items).toMatchObject([
      { status: 'done' },
      { status: 'done' },
    ]);
  });

  it('Each delivery uses a connection of its own, which is closed', async () => {
    const ports: (number | undefined)[] = [];
    const closed: Promise<void>[] = [];
    const { hooks } = await start((_request, response) => {
      const { socket } = response;
      ports.push(socket?.remotePort);
      closed.push(new Promise((resolve) => socket?.once('close', () => resolve())));
      response.end();
    });
    await hooks
      .for(Person)
      .listener({ url: named(), ...narrow({ protocols: ['http'] }) })
      .save();
    for (let n = 0; n < 3; n += 1) {
      await flow?.savePeople(1);
      await hooks.idle();
    }
    expect(new Set(ports).size).toBe(3);
    await Promise.all(closed);
  });

  it('A delivery fails if the hook allows less than when the listener was saved', async () => {
    const started = await start();
    const { hooks } = started;
    const listener = await hooks.for(Person).listener(named()).save();
    await rewrite(started, listener, { blockInternal: false, ports: 'any' }, 'http://10.0.0.1/');
    await started.savePeople(1);
    await hooks.idle();
    expect(await started.deliveryOf(listener.id)).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('10.0.0.1 is refused: it is an internal address'),
    });
  });

  it.each([{ deny: ['everything'] }, { typo: 1 }, 'development', [1]])(
    'A delivery fails if the stored recipients are %j',
    async (recipients) => {
      const started = await start();
      const { hooks } = started;
      const listener = await hooks.for(Person).listener(named()).save();
      await rewrite(started, listener, recipients);
      await started.savePeople(1);
      await hooks.idle();
      expect(await started.deliveryOf(listener.id)).toMatchObject({ status: 'failed' });
      expect(receiver.received).toEqual([]);
    },
  );
});

describe('the recipients of a defined hook', () => {
  it('A defined hook has recipients of its own', async () => {
    const { hooks } = await start();
    const recipients = { deny: LOOPBACK };
    const shipped = hooks.define('order.shipped', { provides: ['n'], delivery: { recipients } });
    await expect(shipped.listener(receiver.url).save()).rejects.toMatchObject({
      code: 'RECIPIENT_REFUSED',
      setting: 'deny',
    });
    const listener = await shipped.listener(named()).save();
    await hooks.send('order.shipped', { n: 1 });
    await hooks.idle();
    expect(await flow?.deliveryOf(listener.id)).toMatchObject({ status: 'failed' });
  });

  it('The recipients of a defined hook are checked when it is defined', async () => {
    const { hooks } = await start();
    for (const delivery of [
      { recipients: { deny: ['x'] } },
      { proxy: 'socks://127.0.0.1' },
      { ca: 'none' },
    ])
      expect(() => hooks.define('order.shipped', { provides: ['n'], delivery })).toThrow(
        expect.objectContaining({ code: 'OPTION_INVALID' }),
      );
    expect(hooks.list().map(({ name }) => name)).toEqual(['person']);
  });
});
