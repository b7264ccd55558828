import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { ModelHook, type ModelHookOptions } from '../../lib';
import type { HookCatalog } from '../../lib/hook/catalog';
import { catalogOf } from './catalog-of';

/** The catalogue of one entity, `Person`, whose hook has these options as JavaScript may write them. */
function declaring(options: unknown): Promise<HookCatalog> {
  @Entity()
  class Person {
    @PrimaryGeneratedColumn()
    id!: number;

    @Column({ type: 'varchar' })
    name!: string;
  }
  ModelHook(options as ModelHookOptions)(Person);
  return catalogOf(Person);
}

const provides = ['name'];

/** Options that a hook of an entity and a defined one have in common, with values that they cannot have. */
const SHARED: Readonly<Record<string, readonly unknown[]>> = {
  format: ['xml', '', 1, null, 'FIELDS'],
  title: [1, null, {}],
  description: [1, null, []],
  resolve: ['https://example.com', null, {}],
  delivery: [null, [], 'fast', new Map()],
  'delivery.timeoutMs': [0, 300_001, '1'],
  'delivery.retries': [-1, 1_001, 1.5],
  'delivery.maxConcurrency': [0],
  'delivery.payloadTooLarge': ['cut'],
  'delivery.proxy': ['socks5://proxy.example'],
  'delivery.ca': ['PEM'],
  'delivery.recipients': ['production', null],
  'delivery.recipients.ports': ['all', [0]],
  'delivery.recipients.denied': [[]],
  'delivery.retry': [1],
};

/** `{ delivery: { retries: -1 } }` for `delivery.retries` and -1. */
function optionAt(path: string, value: unknown): object {
  const [first = '', ...rest] = path.split('.');
  return { [first]: rest.length > 0 ? optionAt(rest.join('.'), value) : value };
}

describe('the options of @ModelHook', () => {
  it.each(
    Object.entries({
      provides: ['name', null, 1, {}, [1], [], undefined],
      name: [1, null, {}],
      event: [1, null, [], { insert: 1 }, new Map()],
      when: [null, [], new Map([['name', 'Joe']]), new Date(), 'name'],
      compute: [null, [], { twice: 1 }, 'twice', new Map()],
      ref: ['', 1, null, {}],
      sender: [1, null, {}],
      headers: [null, [], 'X: 1', { 'X-A': 1 }, new Map()],
      exactPrevious: ['yes', 1, null],
      ...SHARED,
    }).map(([option, values]) => ({ option, values })),
  )('An invalid `$option` is refused with the name of the hook', async ({ option, values }) => {
    for (const value of values)
      await expect(declaring({ provides, ...optionAt(option, value) })).rejects.toMatchObject({
        code: 'OPTION_INVALID',
        option,
        message: expect.stringContaining(option === 'name' ? 'hook "person"' : 'of hook "person"'),
      });
  });

  it.each([null, undefined, [], 'name', 1, new Map()])(
    'The options of a hook cannot be %p',
    async (options) => {
      await expect(declaring(options)).rejects.toMatchObject({
        code: 'OPTION_INVALID',
        option: 'options',
        message: expect.stringContaining('hook "person"'),
      });
    },
  );

  it.each<{ options: object; option: string; nearest: string }>([
    { options: { formatt: 'fields' }, option: 'formatt', nearest: 'format' },
    { options: { provide: ['id'] }, option: 'provide', nearest: 'provides' },
    { options: { retries: 1 }, option: 'retries', nearest: 'delivery.retries' },
    {
      options: { delivery: { timeoutms: 1 } },
      option: 'delivery.timeoutms',
      nearest: 'delivery.timeoutMs',
    },
  ])('The name $nearest is suggested for $option', async ({ options, option, nearest }) => {
    await expect(declaring({ provides, ...options })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      option,
      message: expect.stringContaining(`Did you mean \`${nearest}\`?`),
    });
  });

  it.each(['__proto__', 'constructor'])('A hook has no option %s', async (option) => {
    const options: unknown = JSON.parse(`{"provides":["name"],"${option}":{"on":"insert"}}`);
    await expect(declaring(options)).rejects.toMatchObject({ code: 'OPTION_INVALID', option });
  });

  it('The message gives what was expected and what was given', async () => {
    await expect(declaring({ provides, format: 'xml' })).rejects.toThrow(
      "The option `format` of hook \"person\" must be 'fields', 'envelope', 'standard' or 'cloudevents'; got 'xml'.",
    );
    await expect(declaring({ provides: 'name', name: 'named' })).rejects.toThrow(
      "The option `provides` of hook \"named\" must be '*' or a list of field paths; got 'name'.",
    );
  });

  it('The error repeats no secret header', async () => {
    await expect(declaring({ provides, headers: { 'X-A': ['hush'] } })).rejects.toThrow(
      /^(?!.*hush)/,
    );
  });

  it('A hook may leave an option undefined, and may provide computed fields only', async () => {
    const catalog = await declaring({
      provides: [],
      compute: { twice: () => 2 },
      name: undefined,
      delivery: { retries: undefined },
    });
    expect([...catalog.get('person').fields.keys()]).toEqual(['twice']);
    expect(catalog.get('person').declared).toEqual({
      provides: [],
      compute: { twice: expect.any(Function) },
      delivery: {},
    });
  });
});

describe('the options of hooks.define', () => {
  it.each(
    Object.entries({
      provides: ['*', 'name', null, {}, [1], ['name', '*'], undefined],
      ...SHARED,
      on: ['insert'],
      compute: [{ twice: () => 2 }],
      sender: ['name'],
    }).map(([option, values]) => ({ option, values })),
  )(
    'An invalid `$option` of a defined hook is refused with the name of the hook',
    async ({ option, values }) => {
      const catalog = await catalogOf();
      for (const value of values) {
        const options = { provides, ...optionAt(option, value) };
        expect(() => catalog.define('order', options as never)).toThrow(
          expect.objectContaining({
            code: 'OPTION_INVALID',
            option,
            message: expect.stringContaining('of hook "order"'),
          }),
        );
      }
      expect(catalog.names()).toEqual([]);
    },
  );

  it.each([{}, null, undefined, [], 'name'])(
    'The options of a defined hook cannot be %j',
    async (options) => {
      const catalog = await catalogOf();
      expect(() => catalog.define('order', options as never)).toThrow(
        expect.objectContaining({ code: 'OPTION_INVALID' }),
      );
    },
  );

  it.each([undefined, null, 1, {}])(
    'Valid options do not make up for the invalid name %p',
    async (name) => {
      const catalog = await catalogOf();
      expect(() => catalog.define(name as never, { provides })).toThrow(
        expect.objectContaining({ code: 'OPTION_INVALID', option: 'name' }),
      );
    },
  );
});
