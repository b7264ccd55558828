import { randomUUID } from 'node:crypto';
import {
  contains,
  type Listener,
  type ListenerChanges,
  ListenerNotFoundError,
  type ListenerOptions,
  type ListenerWhere,
  startsWith,
} from '../../lib';
import type { ListenerBuilder } from '../../lib/listener/declared/builder';
import { type Application, startApplication } from '../support/application/application';
import { storedSecrets } from '../support/values/secrets';
import { Article } from './saved/article';

const URL = 'https://example.com/hooks';

let application: Application;

beforeAll(async () => {
  application = await startApplication({ entities: [Article], attach: { work: false } });
});
afterAll(() => application.stop());
afterEach(() => application.dataSource.query('DELETE FROM model_hook_listener'));

const listeners = () => application.hooks.listeners;
const ids = (found: readonly Listener[]) => found.map(({ id }) => id);

function listener(options: Partial<ListenerOptions> = {}): ListenerBuilder {
  return application.hooks.for(Article).listener({ url: URL, ...options });
}

describe('Listeners.saveMany', () => {
  it('saveMany() returns the listeners in the order of the builders, with the secrets that it made', async () => {
    const known = await listener({ key: 'b' }).save();
    const keys = ['c', 'b', 'a'];
    const saved = await listeners().saveMany(keys.map((key) => listener({ key })));
    expect(saved.map(({ key }) => key)).toEqual(keys);
    expect(saved.map(({ secret }) => secret !== undefined)).toEqual([true, false, true]);
    expect(saved[1]?.id).toBe(known.id);
  });

  it('saveMany() saves all listeners or none', async () => {
    const mixed = [listener({ key: 'a' }), listener({ key: 'b' }).match({ stock: 'much' })];
    await expect(listeners().saveMany(mixed)).rejects.toMatchObject({
      code: 'FILTER_OPERAND_INVALID',
    });
    expect(await listeners().find()).toEqual([]);
  });

  it('Two builders of one listener become one listener, with the later conditions', async () => {
    const [first, second] = await listeners().saveMany([
      listener({ key: 'a' }).match({ title: 'one' }),
      listener({ key: 'a', config: { n: 2 } }).match({ title: 'two', stock: 2 }),
    ]);
    expect(second?.id).toBe(first?.id);
    expect(await listeners().find()).toMatchObject([
      { config: { n: 2 }, match: [{ operand: 'two' }, { operand: 2 }] },
    ]);
  });

  it('saveMany() saves 1,000 listeners at once', async () => {
    const many = Array.from({ length: 1_000 }, (_, n) => listener().match({ stock: n }));
    const saved = await listeners().saveMany(many);
    expect(saved.map(({ match }) => match[0]?.operand)).toEqual(many.map((_, n) => n));
    expect(await listeners().saveMany([])).toEqual([]);
  });

  it('Two calls that save the same listeners in opposite order do not deadlock', async () => {
    const many = Array.from({ length: 50 }, (_, n) => listener({ key: `k${n}` }));
    await Promise.all([listeners().saveMany(many), listeners().saveMany([...many].reverse())]);
    expect(await listeners().find()).toHaveLength(50);
  });
});

describe('Listeners.find', () => {
  it('find() refuses an unknown field', async () => {
    const where = { secret: 'x' } as ListenerWhere;
    await expect(application.hooks.listeners.find(where)).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      option: 'secret',
    });
  });

  it('find() filters by each field and by several fields together', async () => {
    const one = await listener({ owner: 'acme', key: 'one' }).save();
    const two = await application.hooks.listen('*.created', `${URL}/2`).save();
    const three = await listener({ owner: 'other' }).save();
    await listeners().pause(three.id, 'not now');

    expect(ids(await listeners().find())).toEqual(ids([one, two, three]));
    expect(ids(await listeners().find({ hook: 'article' }))).toEqual(ids([one, three]));
    expect(ids(await listeners().find({ pattern: '*.created' }))).toEqual([two.id]);
    expect(ids(await listeners().find({ owner: 'acme' }))).toEqual([one.id]);
    expect(ids(await listeners().find({ key: 'one' }))).toEqual([one.id]);
    expect(ids(await listeners().find({ target: `${URL}/2` }))).toEqual([two.id]);
    expect(ids(await listeners().find({ active: false }))).toEqual([three.id]);
    expect(ids(await listeners().find({ active: true, hook: 'article' }))).toEqual([one.id]);
    expect(await listeners().find({ owner: 'acme', target: `${URL}/2` })).toEqual([]);
    expect(await listeners().find({ owner: "' OR true --" })).toEqual([]);
  });
});

describe('Listeners.get', () => {
  it.each([randomUUID(), 'no uuid', ''])('get() returns null for the id %j', async (id) => {
    expect(await listeners().get(id)).toBeNull();
  });
});

describe('Listeners.update', () => {
  it('update() changes the named options and keeps the others', async () => {
    const { id, secret } = await listener({ headers: { 'X-A': '1' } })
      .match({ title: startsWith('J') })
      .save();
    const updated = await listeners().update(id, { config: { note: '\0' }, on: ['insert'] });
    expect(updated).toMatchObject({
      id,
      target: URL,
      headers: { 'X-A': '1' },
      config: { note: '\0' },
      operations: ['insert'],
      match: [{ field: 'title', operator: 'startsWith', operand: 'J' }],
    });
    expect(updated).not.toHaveProperty('secret');
    expect(await storedSecret(id)).toBe(secret);
  });

  it('update() replaces the conditions and all that identifies the listener', async () => {
    const { id } = await listener({ key: 'old' }).match({ title: 'a' }).save();
    const changes = { key: 'new', owner: 'acme', url: `${URL}/2`, match: { title: contains('b') } };
    expect(await listeners().update(id, changes)).toMatchObject({
      key: 'new',
      owner: 'acme',
      target: `${URL}/2`,
      match: [{ operator: 'contains', operand: 'b' }],
    });
    expect((await listener({ owner: 'acme', key: 'new' }).save()).id).toBe(id);
    expect((await listener({ key: 'old' }).save()).id).not.toBe(id);
  });

  it('update() keeps the secret if it is given as null', async () => {
    const { id } = await listener({ secret: 'known' }).save();
    await application.hooks.listeners.update(id, { secret: null });
    expect(await storedSecret(id)).toBe('known');
  });

  it('update() resets an option that is given as null to its default', async () => {
    const options = { digest: 'sha512', owner: 'acme', replies: false } as const;
    const { id } = await listener(options).on('insert').save();
    const updated = await listeners().update(id, {
      digest: null,
      owner: null,
      replies: null,
      on: null,
    });
    expect(updated).toMatchObject({
      digest: 'sha256',
      owner: null,
      replies: true,
      operations: null,
    });
  });

  it('update() rejects what a save would reject, and changes nothing', async () => {
    const { id, secret, ...before } = await listener().save();
    const update = (changes: ListenerChanges) => listeners().update(id, changes);
    await expect(update({ url: 'nowhere' })).rejects.toMatchObject({ code: 'LISTENER_INVALID' });
    await expect(update({ url: 'http://10.0.0.1' })).rejects.toMatchObject({
      code: 'RECIPIENT_REFUSED',
    });
    await expect(update({ match: { secret: 'x' } })).rejects.toMatchObject({
      code: 'FILTER_FIELD_NOT_PROVIDED',
    });
    expect(secret).toBeDefined();
    expect(await listeners().get(id)).toEqual({ id, ...before });
  });

  it('update() rejects an unknown id and an identity that another listener has', async () => {
    await expect(listeners().update(randomUUID(), {})).rejects.toThrow(ListenerNotFoundError);
    await expect(listeners().update('no uuid', {})).rejects.toThrow(ListenerNotFoundError);
    await listener({ key: 'a' }).save();
    const { id } = await listener({ key: 'b' }).save();
    await expect(listeners().update(id, { key: 'a' })).rejects.toThrow('an identical listener');
  });
});

describe('Listeners.pause and resume', () => {
  it('pause() stores the reason and the time, and resume() removes them', async () => {
    const { id } = await listener().save();
    await listeners().pause(id, 'too\0 slow');
    expect(await listeners().get(id)).toMatchObject({
      active: false,
      inactiveReason: 'too slow',
      inactiveSince: expect.any(Date),
    });
    await listeners().resume(id);
    expect(await listeners().get(id)).toMatchObject({
      active: true,
      inactiveReason: null,
      inactiveSince: null,
      pausedUntil: null,
    });
  });

  it.each([randomUUID(), 'no uuid'])(
    'pause() and resume() reject the unknown id %s',
    async (id) => {
      await expect(listeners().pause(id, 'x')).rejects.toThrow(ListenerNotFoundError);
      await expect(listeners().resume(id)).rejects.toThrow(ListenerNotFoundError);
    },
  );
});

describe('Listeners.remove', () => {
  it('remove() deletes a listener with its conditions and returns whether it existed', async () => {
    const { id } = await listener().match({ title: 'a' }).save();
    expect(await listeners().remove(id)).toBe(true);
    expect(await listeners().remove(id)).toBe(false);
    expect(await listeners().remove('no uuid')).toBe(false);
    expect(await application.dataSource.query('SELECT * FROM model_hook_filter')).toEqual([]);
  });
});

describe('Listeners.stale', () => {
  it('stale() lists the listeners that were not saved again since the last start', async () => {
    const [one, two] = await listeners().saveMany([listener({ key: '1' }), listener({ key: '2' })]);
    expect(await listeners().stale()).toEqual([]);
    await application.dataSource.destroy();
    await application.dataSource.initialize();
    expect(ids(await listeners().stale())).toEqual([one?.id, two?.id]);
    await listener({ key: '1' }).save();
    expect(ids(await listeners().stale())).toEqual([two?.id]);
  });
});

async function storedSecret(id: string): Promise<string> {
  return (await storedSecrets(application.dataSource, id)).secret;
}
