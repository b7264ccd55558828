import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { argumentPairs, formBody, type TaskArgs, withQuery } from '../../lib/task/args';

const text = () => fc.string({ unit: 'binary' }).map((one) => one.toWellFormed());
const texts = () => fc.dictionary(text(), text(), { noNullPrototype: true });

function read(encoded: string): Readonly<Record<string, string>> {
  return Object.fromEntries(new URLSearchParams(encoded));
}

describe('argumentPairs', () => {
  it.each<[string, unknown, string]>([
    ['a text', 'a b', 'a b'],
    ['an empty text', '', ''],
    ['null', null, ''],
    ['true', true, 'true'],
    ['false', false, 'false'],
    ['zero', 0, '0'],
    ['minus zero', -0, '0'],
    ['a fraction', 1.5, '1.5'],
    ['a large number', 1e21, '1e+21'],
    ['a bigint', 9_007_199_254_740_993n, '9007199254740993'],
    ['a Date', new Date('2026-01-31T10:00:00Z'), '2026-01-31T10:00:00.000Z'],
    ['bytes', new Uint8Array([1, 2, 3]), 'AQID'],
    ['a list', [1, 'ü', null], '[1,"ü",null]'],
    ['an object', { a: { b: [true] } }, '{"a":{"b":[true]}}'],
    [
      'an object with dates',
      { at: new Date(0), n: 1n },
      '{"at":"1970-01-01T00:00:00.000Z","n":"1"}',
    ],
    ['what toJSON returns', { toJSON: () => 'short' }, 'short'],
  ])('The argument %s is sent as its text', (_what, value, expected) => {
    expect(argumentPairs({ x: value })).toEqual([['x', expected]]);
  });

  it('An argument that is undefined is left out', () => {
    expect(argumentPairs({ a: undefined, b: 1 })).toEqual([['b', '1']]);
  });

  it.each<[string, unknown]>([
    ['NaN', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['a function', () => 1],
    ['a symbol', Symbol('a')],
    ['a Map', new Map()],
    ['an invalid Date', new Date(Number.NaN)],
    ['a list with a hole of undefined', [undefined]],
  ])('The argument %s is refused', (_what, value) => {
    expect(() => argumentPairs({ x: value })).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', option: 'args.x' }),
    );
  });

  it('Arguments that are no plain object are refused', () => {
    for (const bad of [null, 1, 'a', [], new Map(), new Date()])
      expect(() => argumentPairs(bad)).toThrow(/`args`/);
  });

  it('An argument that contains itself is refused', () => {
    const own: { own?: unknown } = {};
    own.own = own;
    expect(() => argumentPairs({ own })).toThrow(/`args.own`/);
  });
});

describe('formBody', () => {
  it('URLSearchParams reads the same texts back', () => {
    fc.assert(
      fc.property(texts(), (args) => {
        expect(read(formBody(argumentPairs(args)))).toEqual(args);
      }),
    );
  });

  it('The standard library of Python reads the same texts back', () => {
    const all = fc.sample(texts(), { numRuns: 200, seed: 7 }) as TaskArgs[];
    const bodies = all.map((args) => formBody(argumentPairs(args)));
    const program =
      'import json, sys, urllib.parse as u\n' +
      'print(json.dumps([dict(u.parse_qsl(b, keep_blank_values=True)) for b in json.load(sys.stdin)]))';
    const { stdout, stderr } = spawnSync('python3', ['-c', program], {
      input: JSON.stringify(bodies),
    });
    expect(`${stderr}`).toBe('');
    expect(JSON.parse(`${stdout}`)).toEqual(all);
  });
});

describe('withQuery', () => {
  it.each<[string, TaskArgs, string]>([
    ['https://a.b/', { x: 1 }, 'https://a.b/?x=1'],
    ['https://a.b/?x=1&y=2', { x: 3 }, 'https://a.b/?y=2&x=3'],
    ['https://a.b/?x=1&x=2&y', { x: 'ü ' }, 'https://a.b/?y&x=%C3%BC+'],
    ['https://a.b/?%78=1&y=a%20b+c', { x: null }, 'https://a.b/?y=a%20b+c&x='],
    ['https://a.b/?flag&&=1#top', { z: true }, 'https://a.b/?flag&=1&z=true#top'],
    ['https://a.b/?=1', { '': 2 }, 'https://a.b/?=2'],
    ['https://a.b/?x=1', {}, 'https://a.b/?x=1'],
    ['https://a.b?x=1', { 'x y': 1 }, 'https://a.b/?x=1&x+y=1'],
  ])('The query of %s with %j is merged', (url, args, expected) => {
    expect(withQuery(new URL(url), argumentPairs(args)).href).toBe(expected);
  });

  it('Arguments override parameters of the same name, and others stay', () => {
    fc.assert(
      fc.property(texts(), texts(), (own, args) => {
        const url = new URL(`https://a.b/?${formBody(argumentPairs(own))}`);
        const merged = withQuery(url, argumentPairs(args));
        expect(read(merged.search)).toEqual({ ...own, ...args });
      }),
    );
  });
});
