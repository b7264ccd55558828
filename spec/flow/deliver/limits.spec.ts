import { setTimeout as sleep } from 'node:timers/promises';
import type { DeliveryOptions, ListenerDeliveryOptions } from '../../../lib';
import { LIMIT_DEFAULTS } from '../../../lib/options/delivery-defaults';
import { Flow } from '../../support/application/flow';
import { Person } from '../../support/entities/person';
import { answering } from '../../support/receivers/answers';

const URL = 'https://example.com/hook';

let flow: Flow;

afterEach(() => flow?.stop());

async function start(delivery: DeliveryOptions = {}): Promise<void> {
  flow = await Flow.start({ attach: { delivery: { limits: LIMIT_DEFAULTS, ...delivery } } });
}

const save = (delivery: ListenerDeliveryOptions, key = 'a') =>
  flow.hooks.for(Person).listener({ url: URL, key, delivery }).save();

const GREEDY = { retries: 1_000, retryDelayMs: 0, retryMaxDelayMs: 0, jitter: 0 };

describe('the limits for the delivery options of listeners', () => {
  it('A listener that asks for more is refused, and the error names each option and its limit', async () => {
    await start();
    await expect(save({ ...GREEDY, timeoutMs: 60_000 })).rejects.toMatchObject({
      code: 'LISTENER_INVALID',
      fields: {
        delivery: [
          expect.stringContaining('delivery.timeoutMs must be at most 30000'),
          expect.stringContaining('delivery.retries must be at most 50'),
          expect.stringContaining('delivery.retryDelayMs must be at least 1000'),
          expect.stringContaining('delivery.retryMaxDelayMs must be at least 1000'),
        ],
      },
    });
    const { id } = await save({ retries: 50 });
    const refused = { code: 'LISTENER_INVALID' };
    await expect(flow.hooks.listeners.update(id, { delivery: GREEDY })).rejects.toMatchObject(
      refused,
    );
    await expect(
      flow.hooks.listeners.saveMany([
        flow.hooks.for(Person).listener({ url: URL, delivery: GREEDY }),
      ]),
    ).rejects.toMatchObject(refused);
    await expect(
      flow.hooks.listen('*', { url: URL, delivery: GREEDY }).save(),
    ).rejects.toMatchObject(refused);
  });

  it('A stored listener may be changed in other respects if its options are beyond the limits', async () => {
    await start();
    const { id } = await save({});
    await flow.query('UPDATE model_hook_listener SET delivery = $1', [JSON.stringify(GREEDY)]);
    const changed = await flow.hooks.listeners.update(id, { replies: false });
    expect(changed).toMatchObject({ replies: false, delivery: GREEDY });
  });

  it('The limits of the attachment and of a hook can be changed, each on its own', async () => {
    await start({ limits: { retries: 100 } });
    const { delivery } = await save({ retries: 100 });
    expect(delivery).toEqual({ retries: 100 });
    await expect(save({ retries: 101 })).rejects.toMatchObject({ code: 'LISTENER_INVALID' });
    await expect(save({ retryDelayMs: 999 })).rejects.toMatchObject({ code: 'LISTENER_INVALID' });
    const limits = { retries: 200 };
    const shipped = flow.hooks.define('order.shipped', { provides: ['n'], delivery: { limits } });
    const listener = await shipped.listener({ url: URL, delivery: { retries: 200 } }).save();
    expect(listener.delivery).toEqual({ retries: 200 });
  });

  it('The options of the attachment itself have no limits', async () => {
    await start({ retries: 1, retryDelayMs: 0, jitter: 0, timeoutMs: 60_000 });
    const { listener, receiver } = await flow.listen(answering({ status: 404 }));
    await flow.savePeople(1);
    await receiver.waitFor(2);
    await flow.hooks.idle();
    expect(await flow.deliveryOf(listener.id)).toMatchObject({ status: 'failed', attempt: 2 });
  });

  it.each([
    { stored: GREEDY },
    { stored: { ...GREEDY, retryDelayMs: 60_000 } },
    { stored: { retries: 50, retryDelayMs: 1_000, jitter: 1 } },
    { stored: { retries: 'many', retryDelayMs: 'soon', retryMaxDelayMs: -1 } },
  ])('A listener that is stored with $stored is held to the limits', async ({ stored }) => {
    await start();
    const { listener, receiver } = await flow.listen(answering({ status: 404 }));
    await flow.query('UPDATE model_hook_listener SET delivery = $1', [JSON.stringify(stored)]);
    await flow.savePeople(1);
    await receiver.waitFor(1);
    await sleep(600);
    expect(receiver.received).toHaveLength(1);
    expect(await flow.deliveryOf(listener.id)).toMatchObject({
      status: 'retrying',
      nextAt: expect.any(Date),
    });
  });
});
