import fc from 'fast-check';
import {
  canonicalJson,
  isPlainObject,
  isWithin,
  type JsonValue,
  MAX_LEVELS,
  sameJson,
  storable,
  toJson,
} from '../../lib/base/json';
import { nestedLists, nestedObjects } from '../support/values/nested';

describe('toJson', () => {
  it.each([
    { name: 'a date', value: new Date(0), json: '1970-01-01T00:00:00.000Z' },
    { name: 'an invalid date', value: new Date(Number.NaN), json: null },
    { name: 'a bigint', value: 2n ** 64n, json: '18446744073709551616' },
    { name: 'bytes', value: Buffer.from('hi'), json: 'aGk=' },
    { name: 'a plain array of bytes', value: new Uint8Array([104, 105]), json: 'aGk=' },
    {
      name: 'a view of a part of a buffer',
      value: Buffer.from('ahib').subarray(1, 3),
      json: 'aGk=',
    },
    { name: 'NaN', value: Number.NaN, json: null },
    { name: 'infinity', value: -Infinity, json: null },
    { name: 'undefined', value: undefined, json: null },
    { name: 'a function', value: () => 1, json: null },
    { name: 'a symbol', value: Symbol('x'), json: null },
    {
      name: 'an object with toJSON',
      value: { toJSON: () => ({ at: new Date(0) }) },
      json: { at: '1970-01-01T00:00:00.000Z' },
    },
    {
      name: 'members that JSON has not',
      value: { a: undefined, b: () => 1, c: 1 },
      json: { c: 1 },
    },
    {
      name: 'places in a list that JSON has not',
      value: [undefined, () => 1, 1],
      json: [null, null, 1],
    },
    { name: 'what is nested', value: { a: [{ at: 1n }] }, json: { a: [{ at: '1' }] } },
  ])('toJson() makes $json of $name', ({ value, json }) => {
    expect(toJson(value)).toEqual(json);
  });

  it('toJson() does not change a JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        // Written and read: fast-check's values hold -0, which JSON does not.
        expect(toJson(value)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('toJson() makes a JSON value of anything', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withTypedArray: true }),
        (value) => {
          const json = toJson(value);
          expect(JSON.parse(JSON.stringify(json))).toEqual(withoutNegativeZero(json));
        },
      ),
    );
  });

  it('toJson() keeps a key "__proto__" as a plain key', () => {
    const json = toJson(JSON.parse('{"__proto__":{"isAdmin":true}}'));
    expect(Object.keys(json as object)).toEqual(['__proto__']);
    expect(json).not.toHaveProperty('isAdmin');
    expect(JSON.stringify(json)).toBe('{"__proto__":{"isAdmin":true}}');
  });
});

describe.each([
  ['lists', nestedLists],
  ['objects', nestedObjects],
])('%s that are nested deep', (_, nested) => {
  it('Up to 1,000 levels are JSON that can be compared and written', () => {
    const value = toJson(nested(MAX_LEVELS));
    expect(value).not.toBeNull();
    expect(isWithin(value, MAX_LEVELS)).toBe(true);
    expect(isWithin(value, MAX_LEVELS - 1)).toBe(false);
    expect(sameJson(value, toJson(nested(MAX_LEVELS)))).toBe(true);
    expect(JSON.stringify(value)).toBe(canonicalJson(value));
  });

  it.each([MAX_LEVELS + 1, 10_000, 1_000_000])('A value of %i levels becomes null', (levels) => {
    expect(toJson(nested(levels))).toBeNull();
    expect(toJson({ a: 1, b: nested(levels) })).toBeNull();
    expect(isWithin(nested(levels), MAX_LEVELS)).toBe(false);
  });
});

describe('a value that contains itself', () => {
  it('A value that contains itself becomes null', () => {
    const itself: Record<string, unknown> = {};
    itself.a = itself;
    itself.b = [itself, itself];
    expect(toJson(itself)).toBeNull();
    const endless = { toJSON: () => ({ endless }) };
    expect(toJson(endless)).toBeNull();
  });

  it('A value that is used twice is not taken for a circle', () => {
    const twice = { at: new Date(0) };
    const json = { at: '1970-01-01T00:00:00.000Z' };
    expect(toJson([twice, twice])).toEqual([json, json]);
  });

  it('An error that a toJSON() method throws is passed on', () => {
    const failing = {
      toJSON: () => {
        throw new RangeError('of its own');
      },
    };
    expect(() => toJson(failing)).toThrow('of its own');
  });
});

describe('canonicalJson', () => {
  it('canonicalJson() sorts the keys at every depth and keeps the order of lists', () => {
    expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: null })).toBe('{"a":null,"b":[{"c":2,"d":1}]}');
    expect(canonicalJson([2, 1])).toBe('[2,1]');
  });

  it('canonicalJson() writes one text for one value in any order of its keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = value as JsonValue;
        expect(canonicalJson(reversed(json))).toBe(canonicalJson(json));
        expect(JSON.parse(canonicalJson(json))).toEqual(JSON.parse(JSON.stringify(json)));
      }),
    );
  });

  it('canonicalJson() writes different texts for different values', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const isSame = canonicalJson(one as JsonValue) === canonicalJson(other as JsonValue);
        if (isSame) expect(one).toEqual(other);
        else expect(one).not.toEqual(other);
      }),
    );
  });

  it('canonicalJson() keeps a key "__proto__"', () => {
    const value = JSON.parse('{"b":1,"__proto__":{"a":1}}') as JsonValue;
    expect(canonicalJson(value)).toBe('{"__proto__":{"a":1},"b":1}');
  });
});

describe('isPlainObject', () => {
  it.each([
    { value: {}, is: true },
    { value: Object.create(null), is: true },
    { value: [], is: false },
    { value: null, is: false },
    { value: 'text', is: false },
    { value: () => 1, is: false },
  ])('isPlainObject() is $is for $value', ({ value, is }) => {
    expect(isPlainObject(value)).toBe(is);
  });
});

describe('storable', () => {
  it('storable() removes only what PostgreSQL cannot store', () => {
    expect(storable('a\0b')).toBe('ab');
    expect(storable('a\ud800b')).toBe('a\ufffdb');
    expect(storable('😀')).toBe('😀');
  });

  it('storable() changes nothing when it is applied again', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('\0', '\ud83d', '\ude00', 'a', '\n') }),
        (text) => {
          const stored = storable(text);
          expect(stored.isWellFormed()).toBe(true);
          expect(stored).not.toContain('\0');
          expect(storable(stored)).toBe(stored);
        },
      ),
    );
  });
});

function reversed(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(reversed);
  const entries = Object.entries(value).map(([key, member]) => [key, reversed(member)] as const);
  return Object.fromEntries(entries.reverse());
}

/** JSON knows no −0. */
function withoutNegativeZero(value: JsonValue): JsonValue {
  if (value === 0) return 0;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutNegativeZero);
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, withoutNegativeZero(member)]),
  );
}
