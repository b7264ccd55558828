import type { AttachOptions } from '../../lib';
import { resolveOptions } from '../../lib/attach/options';
import { resolveHook } from '../../lib/hook/hook';
import { Article } from '../listener/saved/article';
import { type Application, startApplication } from '../support/application/application';

const TARGET = 'https://example.com/hooks';

let application: Application;

beforeAll(async () => {
  application = await startApplication({ entities: [Article], attach: { work: false } });
  application.hooks.define('order', { provides: ['name'] });
});
afterAll(() => application.stop());

class Instance {
  readonly title = 'a';
}

class Accessors {
  get owner(): string {
    return 'acme';
  }
}

/** Of these, Object.entries() finds nothing, or what nobody meant. */
const NO_PLAIN_OBJECTS: readonly unknown[] = [
  new Map([['title', 'a']]),
  new Set(['a']),
  new WeakMap(),
  new Date(),
  /a/,
  new Headers({ a: 'a' }),
  new URLSearchParams('title=a'),
  new Instance(),
  new Accessors(),
  Promise.resolve({ title: 'a' }),
  new Error('a'),
  [],
  ['title', 'a'],
  Buffer.from('a'),
  () => undefined,
  Symbol('a'),
  null,
  'title',
  7,
  true,
];

const listener = (options: object = {}) =>
  application.hooks.for(Article).listener({ url: TARGET, ...options });

const hookOf = (options: object) => {
  const { dataSource } = application;
  return resolveHook(dataSource, dataSource.getMetadata(Article), {
    provides: ['title'],
    ...options,
  });
};

type Door = (value: never) => unknown;

const DOORS: Readonly<Record<string, readonly [code: string, door: Door]>> = {
  'match()': ['LISTENER_INVALID', (value) => listener().match(value).save()],
  'match() of a pattern': [
    'LISTENER_INVALID',
    (value) => application.hooks.listen('article.*', TARGET).match(value).save(),
  ],
  'listeners.update, match': [
    'LISTENER_INVALID',
    async (match) => {
      const { id } = await listener().save();
      return application.hooks.listeners.update(id, { match });
    },
  ],
  'the headers of a listener': ['LISTENER_INVALID', (headers) => listener({ headers }).save()],
  'the config of a listener': ['LISTENER_INVALID', (config) => listener({ config }).save()],
  'the recipients of a listener': [
    'LISTENER_INVALID',
    (recipients) => listener({ delivery: { recipients } }).save(),
  ],
  'the headers of send()': [
    'OPTION_INVALID',
    (headers) => application.hooks.send('order', {}, { headers }),
  ],
  'listeners.find': ['OPTION_INVALID', (where) => application.hooks.listeners.find(where)],
  'listeners.page': ['OPTION_INVALID', (where) => application.hooks.listeners.page(where)],
  'deliveries.find': ['OPTION_INVALID', (where) => application.hooks.deliveries.find(where)],
  'deliveries.get': ['OPTION_INVALID', (where) => application.hooks.deliveries.get('', where)],
  'events.find': ['OPTION_INVALID', (where) => application.hooks.events.find(where)],
  'the encryption keys': [
    'OPTION_INVALID',
    (encryptionKeys) => resolveOptions({ encryptionKeys } as AttachOptions),
  ],
  'the conditions of a hook': ['OPTION_INVALID', (when) => hookOf({ when })],
  'the computed fields of a hook': ['OPTION_INVALID', (compute) => hookOf({ compute })],
};

/** Doors that leave the value out, or take it for something else. */
const MEANINGFUL: Readonly<Record<string, readonly unknown[]>> = {
  'listeners.update, match': [null],
  'the headers of a listener': [null],
  'the config of a listener': [null],
};

async function codeOf(call: () => unknown): Promise<string> {
  try {
    await call();
    return 'accepted';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('a place for a plain object', () => {
  it.each(Object.entries(DOORS))(
    'The place %s refuses every other value',
    async (name, [code, door]) => {
      for (const value of NO_PLAIN_OBJECTS) {
        if (MEANINGFUL[name]?.includes(value)) continue;
        expect([value, await codeOf(() => door(value as never))]).toEqual([value, code]);
      }
    },
  );

  it.each([
    new Map([['a', 1]]),
    new Set([1]),
    new WeakMap(),
    /a/,
    new Instance(),
    new Error('a'),
    () => 1,
    Symbol('a'),
    undefined,
    Number.NaN,
    new Date(Number.NaN),
    { a: new Map([['b', 1]]) },
    { a: { b: [new Instance()] } },
    [new Set()],
    [undefined],
    { a: Number.NaN },
    { a: () => 1 },
  ])('The operand %p of a JSON column is refused', async (operand) => {
    for (const details of [operand, [operand], { deep: operand ?? null, b: new Set() }])
      expect([
        details,
        await codeOf(() =>
          listener()
            .match({ details } as never)
            .save(),
        ),
      ]).toEqual([details, 'FILTER_OPERAND_INVALID']);
  });

  it('A value in the config that JSON would lose is refused', async () => {
    for (const value of [new Map(), new Instance(), () => 1, Symbol('a'), Number.NaN, 1n, /a/])
      expect([value, await codeOf(() => listener({ config: { a: [value] } }).save())]).toEqual([
        value,
        'LISTENER_INVALID',
      ]);
  });

  it('Objects without a prototype, parsed ones and those with toJSON are accepted', async () => {
    const bare = Object.assign(Object.create(null), { a: [{ b: null }] });
    for (const details of [
      bare,
      JSON.parse('{"a":{"__proto__":1}}'),
      { at: new Date(0) },
      {},
      [],
    ]) {
      const saved = await listener({ config: { details } }).match({ details }).save();
      expect(saved.match[0]?.operand).toEqual(JSON.parse(JSON.stringify(details)));
    }
  });
});

describe('a search', () => {
  it.each([
    ...['hook', 'pattern', 'owner', 'key', 'target', 'active', 'ownr'].flatMap((option) => [
      { door: 'listeners.find', option },
      { door: 'listeners.page', option },
    ]),
    ...['listener', 'owner', 'event', 'status', 'since', 'until', 'listner'].map((option) => ({
      door: 'deliveries.find',
      option,
    })),
  ])('The search $door refuses `$option` that is undefined', async ({ door, option }) => {
    const search = DOORS[door]?.[1] as (where: object) => Promise<unknown>;
    await expect(search({ [option]: undefined })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      option,
    });
  });

  it('The size and the cursor of a page may be undefined', async () => {
    const page = { limit: undefined, cursor: undefined } as never;
    expect(await application.hooks.deliveries.find(page)).toMatchObject({ items: [] });
    expect(await application.hooks.listeners.page({ key: 'none' }, page)).toMatchObject({
      items: [],
    });
  });
});

describe('Listeners.update', () => {
  it('A change that is undefined leaves the option as it is', async () => {
    const saved = await listener({ owner: 'acme', key: 'k', headers: { a: 'b' } })
      .on('insert')
      .match({ title: 'a' })
      .save();
    const changes = Object.fromEntries(
      ['owner', 'key', 'headers', 'match', 'on', 'url', 'delivery'].map((name) => [
        name,
        undefined,
      ]),
    );
    const updated = await application.hooks.listeners.update(saved.id, changes as never);
    const { secret, updatedAt, ...unchanged } = saved;
    expect(updated).toMatchObject(unchanged);
    expect(secret).toBeDefined();
    expect(updatedAt).toBeInstanceOf(Date);
  });
});
