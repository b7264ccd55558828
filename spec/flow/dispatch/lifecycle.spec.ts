import { ModelHooks } from '../../../lib';
import { newDataSource, SPEC_KEYS } from '../../support/application/application';
import { Attachments, pendingEvents, savePerson } from '../../support/application/attachments';
import { Person } from '../../support/entities/person';

const LOOPBACK = { delivery: { recipients: 'development' } } as const;

let attachments: Attachments;
beforeEach(async () => {
  attachments = await Attachments.begin();
});
afterEach(() => attachments.end());

describe('ModelHooks.attach', () => {
  it('called twice is one attachment, and tells once', async () => {
    const application = await attachments.start();
    const again = await ModelHooks.attach(application.dataSource, LOOPBACK);
    const both = await Promise.all([
      ModelHooks.attach(application.dataSource),
      ModelHooks.attach(application.dataSource),
    ]);
    expect(new Set([again, ...both, application.hooks]).size).toBe(1);
    await savePerson(application, 'Ann');
    await application.hooks.idle();
    expect(attachments.names()).toEqual(['Ann']);
  });

  it('that was rejected can be tried again, and then tells once', async () => {
    const { url } = await attachments.start({ work: false });
    const dataSource = newDataSource(url, { entities: [Person] });
    await dataSource.initialize();
    const refusal = new Error('not ready yet');
    const start = jest.fn().mockRejectedValueOnce(refusal);
    const dispatcher = { start, dispatch: () => undefined };
    const options = { ...LOOPBACK, encryptionKeys: SPEC_KEYS, dispatcher };
    await expect(ModelHooks.attach(dataSource, options)).rejects.toBe(refusal);
    const hooks = await ModelHooks.attach(dataSource, options);
    await savePerson({ dataSource, hooks }, 'Ann');
    expect(await dataSource.query('SELECT event FROM model_hook_event')).toHaveLength(1);
    await dataSource.destroy();
  });

  it('holds for a DataSource that is destroyed and initialised again, however often', async () => {
    const application = await attachments.start();
    const { dataSource, hooks } = application;
    const defined = hooks.define('order.shipped', { provides: ['name'] });
    await defined.listener(attachments.receiver.url).save();
    for (const round of ['one', 'two', 'three']) {
      await savePerson(application, round);
      await dataSource.destroy();
      await dataSource.initialize();
    }
    await savePerson(application, 'four');
    hooks.define('late', { provides: [] });
    await hooks.send('order.shipped', { name: 'defined' });
    await hooks.idle();
    expect(attachments.names()).toEqual(['defined', 'four', 'one', 'three', 'two']);
    expect(await ModelHooks.attach(dataSource)).toBe(hooks);
  });

  it('loses nothing that was committed right before destroy()', async () => {
    const application = await attachments.start();
    await Promise.all(Array.from({ length: 20 }, (_, n) => savePerson(application, `n${n}`)));
    await application.dataSource.destroy();
    await application.dataSource.initialize();
    await application.hooks.idle();
    expect(attachments.names()).toEqual(Array.from({ length: 20 }, (_, n) => `n${n}`).sort());
  });

  it('to two DataSources of one database tells each event once', async () => {
    const one = await attachments.start();
    const other = await attachments.startBeside(one);
    expect(other.hooks).not.toBe(one.hooks);
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => savePerson(n % 2 === 0 ? one : other, `n${n}`)),
    );
    await Promise.all([one.hooks.idle(), other.hooks.idle()]);
    expect(attachments.names()).toEqual(Array.from({ length: 20 }, (_, n) => `n${n}`).sort());
  });

  it('to two DataSources of two databases keeps their events apart', async () => {
    const [one, other] = [await attachments.start(), await attachments.start()];
    await Promise.all([savePerson(one, 'one'), savePerson(other, 'other')]);
    await Promise.all([one.hooks.idle(), other.hooks.idle()]);
    expect(attachments.names()).toEqual(['one', 'other']);
    const stored = await Promise.all(
      [one, other].map(({ dataSource }) => dataSource.query('SELECT data FROM model_hook_event')),
    );
    expect(stored).toMatchObject([[{ data: { name: 'one' } }], [{ data: { name: 'other' } }]]);
  });
});

describe('detach', () => {
  it('goes on capturing, for another attachment to send', async () => {
    const application = await attachments.start();
    await savePerson(application, 'before');
    await application.hooks.idle();
    await application.hooks.detach();
    await savePerson(application, 'after');
    await application.hooks.idle();
    expect(await pendingEvents(application)).toBe(1);
    expect(attachments.names()).toEqual(['before']);
    const next = await attachments.startBeside(application);
    await next.hooks.idle();
    expect(attachments.names()).toEqual(['after', 'before']);
  });

  it('ends with the next attach, which sends what was captured', async () => {
    const application = await attachments.start();
    await application.hooks.detach();
    await savePerson(application, 'between');
    expect(await ModelHooks.attach(application.dataSource)).toBe(application.hooks);
    await savePerson(application, 'again');
    await application.hooks.idle();
    expect(attachments.names()).toEqual(['again', 'between']);
  });

  it('outlives destroy() and initialize(): then it captures only', async () => {
    const application = await attachments.start();
    await application.hooks.detach();
    await application.dataSource.destroy();
    await application.dataSource.initialize();
    await savePerson(application, 'kept');
    await application.hooks.idle();
    expect(await pendingEvents(application)).toBe(1);
    await ModelHooks.attach(application.dataSource);
    await application.hooks.idle();
    expect(attachments.names()).toEqual(['kept']);
  });

  it('finishes what is in flight', async () => {
    const application = await attachments.start();
    await Promise.all(Array.from({ length: 10 }, (_, n) => savePerson(application, `n${n}`)));
    await attachments.receiver.waitFor(1);
    await application.hooks.detach();
    const [{ count }] = await application.dataSource.query(
      "SELECT count(*)::int AS count FROM model_hook_delivery WHERE status = 'done'",
    );
    expect(count).toBe(attachments.receiver.received.length);
  });
});
