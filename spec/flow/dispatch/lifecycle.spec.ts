import { ModelHooks } from '../../../lib';
import { newDataSource, SPEC_KEYS } from '../../support/application/application';
import { ReceivingFlow } from '../../support/application/receiving-flow';
import { Person, person } from '../../support/entities/person';

const LOOPBACK = { delivery: { recipients: 'development' } } as const;

let flow: ReceivingFlow;
afterEach(() => flow.stop());

describe('ModelHooks.attach', () => {
  it('Two calls of attach() give one attachment, which sends each event once', async () => {
    flow = await ReceivingFlow.start();
    const again = await ModelHooks.attach(flow.dataSource, LOOPBACK);
    const both = await Promise.all([
      ModelHooks.attach(flow.dataSource),
      ModelHooks.attach(flow.dataSource),
    ]);
    expect(new Set([again, ...both, flow.hooks]).size).toBe(1);
    await flow.savePeople(1, 'Ann');
    await flow.hooks.idle();
    expect(flow.names()).toEqual(['Ann']);
  });

  it('An attach() that was rejected can be repeated, and captures each event once', async () => {
    flow = await ReceivingFlow.start({ attach: { work: false } });
    const dataSource = newDataSource(flow.url, { entities: [Person] });
    await dataSource.initialize();
    const refusal = new Error('not ready yet');
    const start = jest.fn().mockRejectedValueOnce(refusal);
    const dispatcher = { start, dispatch: () => undefined };
    const options = { ...LOOPBACK, encryptionKeys: SPEC_KEYS, dispatcher };
    await expect(ModelHooks.attach(dataSource, options)).rejects.toBe(refusal);
    await ModelHooks.attach(dataSource, options);
    await dataSource.manager.save(person({ name: 'Ann' }));
    expect(await dataSource.query('SELECT event FROM model_hook_event')).toHaveLength(1);
    await dataSource.destroy();
  });

  it('An attachment lasts over any number of destroy() and initialize()', async () => {
    flow = await ReceivingFlow.start();
    const { dataSource, hooks } = flow;
    const defined = hooks.define('order.shipped', { provides: ['name'] });
    await defined.listener({ url: flow.receiver.url, format: 'envelope' }).save();
    for (const round of ['one', 'two', 'three']) {
      await flow.savePeople(1, round);
      await dataSource.destroy();
      await dataSource.initialize();
    }
    await flow.savePeople(1, 'four');
    hooks.define('late', { provides: [] });
    await hooks.send('order.shipped', { name: 'defined' });
    await hooks.idle();
    expect(flow.names()).toEqual(['defined', 'four', 'one', 'three', 'two']);
    expect(await ModelHooks.attach(dataSource)).toBe(hooks);
  });

  it('Events that were committed right before destroy() are not lost', async () => {
    flow = await ReceivingFlow.start();
    await Promise.all(Array.from({ length: 20 }, (_, n) => flow.savePeople(1, `n${n}`)));
    await flow.dataSource.destroy();
    await flow.dataSource.initialize();
    await flow.hooks.idle();
    expect(flow.names()).toEqual(Array.from({ length: 20 }, (_, n) => `n${n}`).sort());
  });

  it('Two DataSources of one database send each event once', async () => {
    flow = await ReceivingFlow.start();
    const one = flow;
    const other = await flow.beside();
    expect(other.hooks).not.toBe(one.hooks);
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? one : other).savePeople(1, `n${n}`)),
    );
    await Promise.all([one.hooks.idle(), other.hooks.idle()]);
    expect(flow.names()).toEqual(Array.from({ length: 20 }, (_, n) => `n${n}`).sort());
  });

  it('Two DataSources of two databases keep their events apart', async () => {
    flow = await ReceivingFlow.start();
    const one = flow;
    const other = await ReceivingFlow.start();
    await Promise.all([one.savePeople(1, 'one'), other.savePeople(1, 'other')]);
    await Promise.all([one.hooks.idle(), other.hooks.idle()]);
    expect([one.names(), other.names()]).toEqual([['one'], ['other']]);
    const stored = await Promise.all(
      [one, other].map(({ dataSource }) => dataSource.query('SELECT data FROM model_hook_event')),
    );
    expect(stored).toMatchObject([[{ data: { name: 'one' } }], [{ data: { name: 'other' } }]]);
    await other.stop();
  });
});

describe('detach', () => {
  it('A detached attachment still captures, and another one sends', async () => {
    flow = await ReceivingFlow.start();
    await flow.savePeople(1, 'before');
    await flow.hooks.idle();
    await flow.hooks.detach();
    await flow.savePeople(1, 'after');
    await flow.hooks.idle();
    expect(await flow.pendingEvents()).toBe(1);
    expect(flow.names()).toEqual(['before']);
    const next = await flow.beside();
    await next.hooks.idle();
    expect(flow.names()).toEqual(['after', 'before']);
  });

  it('The next attach() ends a detach() and sends what was captured', async () => {
    flow = await ReceivingFlow.start();
    await flow.hooks.detach();
    await flow.savePeople(1, 'between');
    expect(await ModelHooks.attach(flow.dataSource)).toBe(flow.hooks);
    await flow.savePeople(1, 'again');
    await flow.hooks.idle();
    expect(flow.names()).toEqual(['again', 'between']);
  });

  it('A detached DataSource only captures after destroy() and initialize()', async () => {
    flow = await ReceivingFlow.start();
    await flow.hooks.detach();
    await flow.dataSource.destroy();
    await flow.dataSource.initialize();
    await flow.savePeople(1, 'kept');
    await flow.hooks.idle();
    expect(await flow.pendingEvents()).toBe(1);
    await ModelHooks.attach(flow.dataSource);
    await flow.hooks.idle();
    expect(flow.names()).toEqual(['kept']);
  });

  it('detach() waits for the deliveries in flight', async () => {
    flow = await ReceivingFlow.start();
    await Promise.all(Array.from({ length: 10 }, (_, n) => flow.savePeople(1, `n${n}`)));
    await flow.receiver.waitFor(1);
    await flow.hooks.detach();
    const [{ count }] = await flow.dataSource.query(
      "SELECT count(*)::int AS count FROM model_hook_delivery WHERE status = 'done'",
    );
    expect(count).toBe(flow.receiver.received.length);
  });
});
