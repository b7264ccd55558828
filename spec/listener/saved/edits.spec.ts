import { type Listener, like, ModelHooks, startsWith } from '../../../lib';
import { MATCH_KEY_VERSION } from '../../../lib/store/listener-sql';
import {
  type Application,
  newDataSource,
  SPEC_KEYS,
  startApplication,
} from '../../support/application/application';

const URL = 'https://example.com/hooks';
let application: Application;

beforeEach(async () => {
  application = await startApplication({ entities: [], attach: { work: false } });
  application.hooks.define('order', { provides: ['status', 'city'] });
});
afterEach(() => application.stop());

const order = () => application.hooks.get('order');

async function keysOf({ id }: Listener): Promise<readonly string[]> {
  const rows = await application.dataSource.query<{ key: string }[]>(
    'SELECT key FROM model_hook_key WHERE listener_id = $1 ORDER BY key',
    [id],
  );
  return rows.map(({ key }) => key);
}

/** Ids of events that were sent, all to be matched by hand. */
async function hears(data: Readonly<Record<string, unknown>>): Promise<readonly string[]> {
  const id = await application.hooks.send('order', data);
  const listeners = await application.hooks.listeners.matching(id);
  return listeners.map((listener) => listener.id);
}

describe('the keys of a listener', () => {
  it('The match keys of a listener change with its conditions and disappear with a pause or a removal', async () => {
    const { listeners } = application.hooks;
    const listener = await order().listener(URL).match({ status: 'paid' }).save();
    const paid = await keysOf(listener);
    expect(paid).toHaveLength(1);
    expect(await hears({ status: 'paid' })).toEqual([listener.id]);

    await listeners.update(listener.id, { match: { status: 'sent' } });
    expect(await keysOf(listener)).not.toEqual(paid);
    expect(await hears({ status: 'paid' })).toEqual([]);
    expect(await hears({ status: 'sent' })).toEqual([listener.id]);

    await listeners.pause(listener.id, 'holiday');
    expect(await keysOf(listener)).toEqual([]);
    expect(await hears({ status: 'sent' })).toEqual([]);
    await listeners.resume(listener.id);
    expect(await hears({ status: 'sent' })).toEqual([listener.id]);

    await listeners.remove(listener.id);
    expect(await keysOf(listener)).toEqual([]);
  });

  it('The match keys follow a listener that is saved for another hook', async () => {
    application.hooks.define('invoice', { provides: ['status'] });
    const keyed = { url: URL, key: 'mine' };
    await order().listener(keyed).match({ status: 'paid' }).save();
    const moved = await application.hooks.get('invoice').listener(keyed).save();
    expect(await hears({ status: 'paid' })).toEqual([]);
    const id = await application.hooks.send('invoice', { status: 'paid' });
    expect(await application.hooks.listeners.matching(id)).toMatchObject([{ id: moved.id }]);
  });

  it('The match keys are chosen so that few listeners share one', async () => {
    const busy = Array.from({ length: 50 }, (_, n) =>
      order()
        .listener(`${URL}/${n}`)
        .match({ status: 'open', city: `city ${n}` }),
    );
    const saved = await application.hooks.listeners.saveMany(busy);
    const keys = await Promise.all(saved.map(keysOf));
    expect(new Set(keys.flat()).size).toBeGreaterThan(40);
  });
});

describe('saveMany', () => {
  it('saveMany() saves thousands of listeners in order and reports its progress', async () => {
    const progress: number[] = [];
    function* builders() {
      for (let n = 0; n < 2_500; n += 1)
        yield order()
          .listener(`${URL}/${n}`)
          .match({ city: `city ${n}` });
    }
    const saved = await application.hooks.listeners.saveMany(builders(), {
      onProgress: (count) => progress.push(count),
    });
    expect(saved.map(({ target }) => target)).toEqual(
      Array.from({ length: 2_500 }, (_, n) => `${URL}/${n}`),
    );
    expect(progress).toEqual([1_000, 2_000, 2_500]);
    expect(await hears({ city: 'city 2001' })).toEqual([saved[2_001]?.id]);
  });

  it('saveMany() saves all of 1,500 listeners or none', async () => {
    const builders = Array.from({ length: 1_500 }, (_, n) =>
      order().listener(n === 1_400 ? 'no URL' : `${URL}/${n}`),
    );
    await expect(application.hooks.listeners.saveMany(builders)).rejects.toMatchObject({
      code: 'LISTENER_INVALID',
    });
    expect(await application.hooks.listeners.find()).toEqual([]);
  });
});

describe('reindex', () => {
  it('Listeners of another key version are found before and after reindex(), which drops unused plans', async () => {
    const { dataSource, hooks } = application;
    const listener = await order()
      .listener(URL)
      .match({ city: startsWith('Lju') })
      .save();
    const gone = await order()
      .listener(`${URL}/2`)
      .match({ city: like('ana+s') })
      .save();
    await hooks.listeners.remove(gone.id);
    await dataSource.query('DELETE FROM model_hook_key');
    await dataSource.query('UPDATE model_hook_listener SET key_version = 0, filters = NULL');
    expect(await hears({ city: 'Ljubljana' })).toEqual([listener.id]);
    expect(await hears({ city: 'Maribor' })).toEqual([]);

    expect(await hooks.listeners.reindex()).toBe(1);
    const [row] = await dataSource.query('SELECT key_version, filters FROM model_hook_listener');
    expect(row).toEqual({ key_version: MATCH_KEY_VERSION, filters: listener.match });
    expect(await hears({ city: 'Ljubljana' })).toEqual([listener.id]);
    const plans = await dataSource.query('SELECT operator FROM model_hook_plan ORDER BY operator');
    expect(plans).toEqual([{ operator: 'filter' }, { operator: 'startsWith' }]);
  });
});

describe('a hook that loses a provided field', () => {
  it('Listeners that filter on the lost field stay active, and a warning names the field', async () => {
    const { url } = application;
    const onCity = await order().listener(URL).match({ city: 'Rome' }).save();
    const onStatus = await order().listener(`${URL}/2`).match({ status: 'paid' }).save();
    const dataSource = newDataSource(url, { entities: [] });
    await dataSource.initialize();
    const warnings: string[] = [];
    const quiet = { debug: () => {}, info: () => {}, error: () => {} };
    const hooks = await ModelHooks.attach(dataSource, {
      work: false,
      encryptionKeys: SPEC_KEYS,
      logger: { ...quiet, warn: (message) => warnings.push(message) },
    });
    hooks.define('order', { provides: ['status'] });
    await dataSource.destroy();
    await dataSource.initialize();
    const [city, status] = await Promise.all(
      [onCity, onStatus].map(({ id }) => hooks.listeners.get(id)),
    );
    await dataSource.destroy();
    expect(city).toMatchObject({ active: true, inactiveReason: null });
    expect(status).toMatchObject({ active: true });
    expect(await keysOf(onCity)).not.toEqual([]);
    const ofFields = warnings.filter((message) => message.includes('conditions'));
    expect(ofFields).toEqual([expect.stringContaining('"city"')]);
  });
});

describe('explain', () => {
  it('explain() reports for each condition whether the event fulfils it', async () => {
    const { hooks } = application;
    const listener = await order()
      .listener({ url: URL, owner: 'acme' })
      .match({ city: startsWith('L'), status: 'paid' })
      .save();
    const data = { city: 'London', status: 'open' };
    const id = await hooks.send('order', data, { sender: 'acme' });
    const explanation = await hooks.listeners.explain(id, listener);
    expect(explanation.matches).toBe(false);
    expect(explanation.reasons).toEqual([
      { what: 'active', holds: true, expected: true, actual: true },
      { what: 'hook', holds: true, expected: 'order', actual: 'order' },
      { what: 'owner', holds: true, expected: 'acme', actual: 'acme' },
      { what: 'filter', holds: true, expected: listener.match[0], actual: 'London' },
      { what: 'filter', holds: false, expected: listener.match[1], actual: 'open' },
    ]);
    await hooks.listeners.pause(listener.id, 'holiday');
    const paid = await hooks.send('order', { ...data, status: 'paid' }, { sender: 'acme' });
    expect(await hooks.listeners.explain(paid, listener.id)).toMatchObject({
      matches: false,
      reasons: [{ what: 'active', holds: false, actual: 'holiday' }, {}, {}, {}, { holds: true }],
    });
  });

  it('explain() refuses an unknown event and an unknown listener', async () => {
    const { listeners } = application.hooks;
    const listener = await order().listener(URL).save();
    const nobody = '00000000-0000-4000-8000-000000000000';
    for (const event of ['x', nobody])
      await expect(listeners.explain(event, listener)).rejects.toMatchObject({
        code: 'EVENT_NOT_FOUND',
        event,
      });
    const id = await application.hooks.send('order', {});
    for (const unknown of ['x', nobody])
      await expect(listeners.explain(id, unknown)).rejects.toMatchObject({
        code: 'LISTENER_NOT_FOUND',
        listener: unknown,
      });
  });
});
