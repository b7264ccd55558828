import { randomUUID } from 'node:crypto';
import type { Listener } from '../../../lib';
import type { ListenerBuilder } from '../../../lib/listener/declared/builder';
import { type Application, startApplication } from '../../support/application/application';
import { Article } from './article';

const URL = 'https://example.com/hooks';

let application: Application;

beforeAll(async () => {
  application = await startApplication({ entities: [Article], attach: { work: false } });
});
afterEach(() => application.dataSource.query('DELETE FROM model_hook_listener'));
afterAll(() => application.stop());

const builder = (options: object = {}): ListenerBuilder =>
  application.hooks.for(Article).listener({ url: URL, ...options });

type Call = (given: never) => unknown;

/** Every method that takes options, by its name. */
const DOORS: Readonly<Record<string, Call>> = {
  'listener.save': (given) => builder().save(given),
  'listeners.saveMany': (given) => application.hooks.listeners.saveMany([], given),
  'listeners.find': (given) => application.hooks.listeners.find(given),
  'listeners.page': (given) => application.hooks.listeners.page(given),
  'listeners.page, second': (given) => application.hooks.listeners.page({}, given),
  'listeners.rotateSecret': (given) =>
    application.hooks.listeners.rotateSecret(randomUUID(), given),
  'listeners.reindex': (given) => application.hooks.listeners.reindex(given),
  'listeners.reencrypt': (given) => application.hooks.listeners.reencrypt(given),
  'hooks.reencrypt': (given) => application.hooks.reencrypt(given),
  'hooks.idle': (given) => application.hooks.idle(given),
  'deliveries.find': (given) => application.hooks.deliveries.find(given),
  'hooks.send': (given) => application.hooks.send('order', {}, given),
  'defined.send': (given) =>
    application.hooks.define(randomUUID(), { provides: ['n'] }).send({}, given),
};

beforeAll(() => application.hooks.define('order', { provides: ['n'] }));

/** The option that a call is refused for. */
async function refusedOption(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    expect(error).toMatchObject({ code: 'OPTION_INVALID' });
    return (error as { option: string }).option;
  }
  return 'none';
}

describe('a public method that takes options', () => {
  it.each(Object.entries(DOORS))(
    'The method %s refuses unknown names and values that are not objects',
    async (_, call) => {
      for (const given of [null, [], 'text', 1, new Map(), new Date()])
        expect(await refusedOption(() => call(given as never))).toMatch(/^(options|where)$/);
      for (const name of ['typo', '__proto__', 'constructor']) {
        const given: never = JSON.parse(`{"${name}":1}`) as never;
        expect(await refusedOption(() => call(given))).toBe(name);
      }
    },
  );

  it.each<{ door: string; option: string; values: readonly unknown[] }>([
    { door: 'listener.save', option: 'manager', values: [null, {}, 'manager'] },
    { door: 'listeners.saveMany', option: 'manager', values: [null, {}] },
    { door: 'listeners.saveMany', option: 'onProgress', values: [null, 'log'] },
    { door: 'listeners.reindex', option: 'onProgress', values: [null, 1] },
    { door: 'listeners.reencrypt', option: 'onProgress', values: [null, 1] },
    ...['hook', 'pattern', 'owner', 'key'].map((option) => ({
      door: 'listeners.find',
      option,
      values: [undefined, 1, {}, ['a'], true],
    })),
    { door: 'listeners.find', option: 'target', values: [undefined, null, 1] },
    { door: 'listeners.find', option: 'active', values: [undefined, null, 'true', 1] },
    { door: 'listeners.page', option: 'owner', values: [undefined, 1] },
    {
      door: 'listeners.page, second',
      option: 'limit',
      values: [0, 1_001, 1.5, '10', null, Number.NaN],
    },
    {
      door: 'listeners.page, second',
      option: 'cursor',
      values: [null, 1, '', 'nonsense', cursor('x', randomUUID()), cursor(undefined, randomUUID())],
    },
    {
      door: 'listeners.page, second',
      option: 'cursor',
      values: ['2026-02-31T00:00:00.000Z', '2026-13-01T00:00:00.000Z', '2026-01-01'].map((at) =>
        cursor(at, randomUUID()),
      ),
    },
    { door: 'listeners.rotateSecret', option: 'graceMs', values: [-1, 31_536_000_001, '1', null] },
    { door: 'hooks.idle', option: 'timeoutMs', values: [-1, Number.NaN, '1', null] },
    { door: 'deliveries.find', option: 'listener', values: [1, null, {}] },
    { door: 'deliveries.find', option: 'event', values: [1, null] },
    { door: 'deliveries.find', option: 'status', values: ['pending', 1, null] },
    { door: 'deliveries.find', option: 'since', values: ['2026-01-01', 1, null, new Date('x')] },
    { door: 'deliveries.find', option: 'until', values: ['2026-01-01', new Date(Number.NaN)] },
    { door: 'deliveries.find', option: 'limit', values: [0, 1_001, 1.5, null] },
    {
      door: 'deliveries.find',
      option: 'cursor',
      values: [1, null, 'nonsense', cursor('2026-02-31T00:00:00.000Z', randomUUID())],
    },
    ...['hooks.send', 'defined.send'].flatMap((door) => [
      { door, option: 'sender', values: [1, {}, true] },
      { door, option: 'ref', values: [1, {}] },
      { door, option: 'headers', values: [null, [], 'X: 1', { 'X-A': 1 }] },
      { door, option: 'manager', values: [null, {}] },
    ]),
  ])('The error of $door names `$option`', async ({ door, option, values }) => {
    for (const value of values)
      expect([
        value,
        await refusedOption(() => DOORS[door]?.({ [option]: value } as never)),
      ]).toEqual([value, option]);
  });

  it.each<{ option: string; call: Call; values: readonly unknown[] }>([
    {
      option: 'builders',
      call: (given) => application.hooks.listeners.saveMany(given),
      values: [null, {}, 'ab', [null], [{}], [URL]],
    },
    {
      option: 'changes',
      call: (given) => application.hooks.listeners.update(randomUUID(), given),
      values: [null, undefined, [], 'url'],
    },
    {
      option: 'why',
      call: (given) => application.hooks.listeners.pause(randomUUID(), given),
      values: [null, undefined, 1],
    },
    {
      option: 'event',
      call: (given) => application.hooks.listeners.matching(given),
      values: [null, undefined, 1, {}, { name: 'a' }],
    },
    {
      option: 'data',
      call: (given) => application.hooks.send('order', given),
      values: [null, undefined, [], 'n', new Map()],
    },
    {
      option: 'name',
      call: (given) => application.hooks.on(given, () => undefined),
      values: ['outcomes', null, undefined],
    },
    { option: 'fn', call: (given) => application.hooks.on('outcome', given), values: [null, 1] },
  ])('The error names the argument `$option`', async ({ option, call, values }) => {
    for (const value of values)
      expect([value, await refusedOption(() => call(value as never))]).toEqual([value, option]);
  });

  it('A sender and a reference that are null count as left out', async () => {
    const id = await application.hooks.send('order', {}, { sender: null, ref: null } as never);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
  });
});

function cursor(at: unknown, id: string): string {
  return Buffer.from(JSON.stringify([at, id])).toString('base64url');
}

describe('Listeners.find', () => {
  it('A member that is null finds the listeners without a value', async () => {
    const owned = await builder({ owner: 'acme', key: 'a' }).save();
    const plain = await builder().save();
    const wild = await application.hooks.listen('*.created', URL).save();
    const found = async (where: object) =>
      (await application.hooks.listeners.find(where)).map(({ id }) => id).sort();
    const ids = (...listeners: readonly Listener[]) => listeners.map(({ id }) => id).sort();
    expect(await found({ owner: null })).toEqual(ids(plain, wild));
    expect(await found({ key: null, owner: 'acme' })).toEqual([]);
    expect(await found({ key: null })).toEqual(ids(plain, wild));
    expect(await found({ hook: null })).toEqual(ids(wild));
    expect(await found({ pattern: null })).toEqual(ids(owned, plain));
  });
});

describe('Listeners.page', () => {
  it('Pages give each listener once, the newest first, also listeners of one transaction', async () => {
    const many = Array.from({ length: 5 }, (_, n) => builder({ key: `k${n}` }));
    await application.hooks.listeners.saveMany(many);
    await builder({ key: 'last' }).save();
    await builder({ owner: 'acme' }).save();
    const seen: (string | null)[] = [];
    let next: string | null | undefined;
    while (next !== null) {
      const options = { limit: 2, ...(next && { cursor: next }) };
      const page = await application.hooks.listeners.page({ owner: null }, options);
      seen.push(...page.items.map(({ key }) => key));
      next = page.nextCursor;
    }
    expect(seen).toEqual(['last', 'k4', 'k3', 'k2', 'k1', 'k0']);
  });

  it('A last page that is full has no next page', async () => {
    await builder({ key: 'a' }).save();
    expect(await application.hooks.listeners.page({}, { limit: 1 })).toMatchObject({
      items: [{ key: 'a' }],
      nextCursor: null,
    });
    expect(await application.hooks.listeners.page({ key: 'b' })).toEqual({
      items: [],
      nextCursor: null,
    });
  });

  it('A page continues after a listener that was removed in the meantime', async () => {
    for (const key of ['a', 'b', 'c']) await builder({ key }).save();
    const first = await application.hooks.listeners.page({}, { limit: 2 });
    await application.hooks.listeners.remove(first.items[1]?.id ?? '');
    const second = await application.hooks.listeners.page({}, { cursor: first.nextCursor ?? '' });
    expect(second.items.map(({ key }) => key)).toEqual(['a']);
  });
});

describe('match()', () => {
  class Wanted {
    name = 'Joe';
  }

  it.each([
    new Map([['title', 'a']]),
    new Set(),
    new Date(),
    new Wanted(),
    [],
    null,
    /a/,
    Buffer.from('a'),
  ])('The conditions %p are refused when the listener is saved', async (conditions) => {
    await expect(
      builder()
        .match(conditions as never)
        .save(),
    ).rejects.toMatchObject({
      code: 'LISTENER_INVALID',
      fields: { match: ['must be a plain object of conditions by field'] },
    });
  });

  it('Conditions without a prototype and parsed conditions are accepted', async () => {
    const bare = Object.assign(Object.create(null), { title: 'a' });
    for (const conditions of [bare, JSON.parse('{"title":"b"}')])
      expect((await builder().match(conditions).save()).match).toHaveLength(1);
  });
});

describe('a DataSource that was destroyed', () => {
  it('Each method that needs a listener names the unknown id', async () => {
    const other = await startApplication({ entities: [Article], attach: { work: false } });
    const { hooks, dataSource } = other;
    const defined = hooks.define('late', { provides: ['n'] });
    await dataSource.destroy();
    const calls: readonly (() => unknown)[] = [
      () => hooks.listeners.find(),
      () => hooks.listeners.page(),
      () => hooks.listeners.get(randomUUID()),
      () => hooks.listeners.stale(),
      () => hooks.listeners.pause(randomUUID(), 'x'),
      () => hooks.listeners.reindex(),
      () => hooks.listen('*', URL).save(),
      () => hooks.deliveries.find(),
      () => hooks.stats(),
      () => hooks.send('late', {}),
      () => defined.send({}),
    ];
    for (const call of calls)
      await expect((async () => call())()).rejects.toMatchObject({
        code: 'DATASOURCE_NOT_INITIALISED',
        message: expect.stringContaining('dataSource.initialize()'),
      });
    await other.stop();
  });
});
