import { memoryStore, verify, verifyOnce } from '../../lib/receiver';

const SECRET = 'a secret';

type Call = (options: never) => unknown;

const DOORS: Readonly<Record<string, Call>> = {
  verify: (options) => verify({}, 'body', SECRET, options),
  verifyOnce: (options) => verifyOnce({}, 'body', SECRET, options),
  memoryStore: (options) => memoryStore(options),
};

async function refusedOption(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    expect(error).toMatchObject({ code: 'OPTION_INVALID' });
    return (error as { option: string }).option;
  }
  return 'none';
}

const store = memoryStore();

describe('the options of the receiver', () => {
  it.each(Object.entries(DOORS))(
    'The options of %s are an object of known names',
    async (_, call) => {
      for (const given of [null, [], 'text', 1, new Map()])
        expect(await refusedOption(() => call(given as never))).toBe('options');
      for (const name of ['typo', '__proto__', 'constructor']) {
        const given = JSON.parse(`{"${name}":1}`) as object;
        expect(await refusedOption(() => call({ ...given, [name]: 1 } as never))).toBe(name);
      }
    },
  );

  it.each<{ door: string; option: string; values: readonly unknown[] }>([
    { door: 'verify', option: 'toleranceMs', values: [-1, Number.NaN, '1', null] },
    { door: 'verify', option: 'now', values: [1, null] },
    { door: 'verifyOnce', option: 'store', values: [undefined, null, {}, { add: true }, []] },
    { door: 'verifyOnce', option: 'ttlMs', values: [0, 1, Number.NaN, '1', null] },
    { door: 'verifyOnce', option: 'toleranceMs', values: [-1, '1'] },
    { door: 'memoryStore', option: 'max', values: [0, -1, Number.NaN, '1', null] },
    { door: 'memoryStore', option: 'now', values: [1, null] },
  ])('The error names `$option` of $door', async ({ door, option, values }) => {
    for (const value of values) {
      const given = door === 'verifyOnce' ? { store, [option]: value } : { [option]: value };
      expect([value, await refusedOption(() => DOORS[door]?.(given as never))]).toEqual([
        value,
        option,
      ]);
    }
  });

  it('The error suggests the nearest name', () => {
    expect(() => verify({}, 'body', SECRET, { tolerance: 1 } as never)).toThrow(
      'Did you mean `toleranceMs`?',
    );
  });

  it.each([null, undefined, 1, 'text'])(
    'The options do not excuse the headers %p',
    async (headers) => {
      expect(await refusedOption(() => verify(headers as never, 'body', SECRET))).toBe('headers');
    },
  );
});
