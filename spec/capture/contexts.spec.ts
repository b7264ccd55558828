import fc from 'fast-check';
import { Contexts, MAX_CONTEXT_BYTES } from '../../lib/capture/contexts';

const contexts = new Contexts();
const current = () => contexts.current?.value ?? null;

describe('Contexts', () => {
  it('A block returns what its function returns, and is left when that has ended', async () => {
    expect(contexts.run({ actor: 'a' }, () => 7)).toBe(7);
    const later = contexts.run({ actor: 'a' }, async () => {
      await Promise.resolve();
      return current();
    });
    expect(current()).toBeNull();
    expect(await later).toEqual({ actor: 'a' });
  });

  it('A function that throws passes its error on', () => {
    const error = new Error('of the application');
    expect(() =>
      contexts.run({}, () => {
        throw error;
      }),
    ).toThrow(error);
    expect(current()).toBeNull();
  });

  it('A block adds its members to those of the blocks around it, and the nearest one counts', () => {
    const inner = contexts.run({ actor: 'a', requestId: 'r' }, () =>
      contexts.run({ actor: 'b', job: { name: 'n' }, requestId: undefined }, current),
    );
    expect(inner).toEqual({ actor: 'b', requestId: 'r', job: { name: 'n' } });
  });

  it('Values become what JSON makes of them, and do not change with the object that was given', () => {
    const given = { at: new Date(0), id: 7n, list: [1], nothing: undefined };
    contexts.run(given, () => {
      given.list.push(2);
      expect(current()).toEqual({ at: '1970-01-01T00:00:00.000Z', id: '7', list: [1] });
    });
  });

  it.each([
    ['null', null],
    ['a text', 'actor'],
    ['a list', ['actor']],
    ['an instance of a class', new Map()],
    ['a function inside', { actor: () => 1 }],
    ['a symbol inside', { actor: Symbol('x') }],
    ['NaN inside', { actor: Number.NaN }],
    ['an invalid date inside', { at: new Date(Number.NaN) }],
  ])('The context %s is refused before the function is called', (_, given) => {
    const fn = jest.fn();
    expect(() => contexts.run(given, fn)).toThrow(
      expect.objectContaining({ code: 'CONTEXT_INVALID' }),
    );
    expect(fn).not.toHaveBeenCalled();
  });

  it('An object that contains itself is refused', () => {
    const given: Record<string, unknown> = {};
    given.self = given;
    expect(() => contexts.run(given, () => 1)).toThrow(/plain object/);
  });

  it('The limit counts bytes, with those of the outer blocks, and the error quotes no value', () => {
    const fits = { a: 'é'.repeat((MAX_CONTEXT_BYTES - '{"a":""}'.length) / 2) };
    contexts.run(fits, () => {
      expect(() => contexts.run({ b: 'secret' }, () => 1)).toThrow(
        expect.objectContaining({
          code: 'CONTEXT_INVALID',
          message: expect.not.stringMatching(/secret|é/),
        }),
      );
    });
    expect(() => contexts.run({ a: `${fits.a}x` }, () => 1)).toThrow(/4097 bytes/);
  });

  it('A member named __proto__ is a member like any other', () => {
    const given = JSON.parse('{"__proto__":{"actor":"a"}}');
    contexts.run(given, () => {
      expect(contexts.current?.text).toBe('{"__proto__":{"actor":"a"}}');
    });
  });

  it('Nested blocks are one block with the members of all, the inner ones last', () => {
    const context = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 });
    fc.assert(
      fc.property(fc.array(context, { maxLength: 4 }), (blocks) => {
        const nested = blocks.reduceRight<() => unknown>(
          (fn, block) => () => contexts.run(block, fn),
          () => current() ?? {},
        );
        const merged = JSON.stringify(Object.assign({}, ...blocks.map((one) => ({ ...one }))));
        fc.pre(Buffer.byteLength(merged) <= MAX_CONTEXT_BYTES);
        expect(nested()).toEqual(JSON.parse(merged));
      }),
    );
  });

  it('What runs outside of all blocks has no context, inside one too', () => {
    contexts.run({ actor: 'a' }, () => expect(contexts.outside(current)).toBeNull());
  });
});
