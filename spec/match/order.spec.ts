import Big from 'big.js';
import fc from 'fast-check';
import type { JsonValue } from '../../lib/base/json';
import type { FieldKind } from '../../lib/match/field-kind';
import { approximate, compare, type Family, familyOf } from '../../lib/match/order';
import { ALL_KINDS } from './judging';
import { DATES, exactTexts, instants, orderedValues, texts } from './values';

describe('familyOf', () => {
  it.each<{ kind: FieldKind; family: Family; of: readonly JsonValue[]; not: readonly JsonValue[] }>(
    [
      { kind: 'text', family: 'text', of: ['', '1', 'NaN'], not: [1] },
      { kind: 'number', family: 'number', of: [0, -1.5, 1e300], not: ['1', '', Number.NaN] },
      {
        kind: 'exact',
        family: 'exact',
        of: ['1', '-1.50', '1e5', 1, '.5', '5.', 'Infinity', '-Infinity'],
        not: ['NaN', 'one', '', '1e', '0x1', ' 1', '1'.repeat(150_001), Number.NaN],
      },
      {
        kind: 'instant',
        family: 'instant',
        of: ['2026-01-02T03:04:05.006Z', '+012026-01-01T00:00:00.000Z', '2026-01-02'],
        not: ['then', '12', 12, '2026-99-01', `2026-01-02${'0'.repeat(40)}`],
      },
      {
        kind: 'date',
        family: 'date',
        of: ['2026-01-02', '0044-03-15 BC', '10000-01-01', 'infinity', '-infinity'],
        not: ['2026-13-01', '2026-01-32', '2026-1-2', '2026-01-02T00:00:00Z', 'Infinity', 20260102],
      },
      {
        kind: 'time',
        family: 'time',
        of: ['03:04:05', '03:04:05.123456', '24:00:00', '03:04:05+02', '03:04:05.5-05:30'],
        not: ['3:04:05', '03:04', '25:00:00', '03:60:00', '03:04:05Z', 10_000],
      },
      { kind: 'json', family: 'number', of: [1], not: [Number.NaN] },
      { kind: 'json', family: 'text', of: ['1', ''], not: [1] },
      { kind: 'unknown', family: 'number', of: [1], not: ['1'] },
      { kind: 'unknown', family: 'text', of: ['1', 'infinity'], not: [1] },
    ],
  )('familyOf() gives $family for values of kind $kind', ({ kind, family, of, not }) => {
    for (const value of of) expect([value, familyOf(kind, value)]).toEqual([value, family]);
    for (const value of [...not, null, true, [], {}, [1], { a: 1 }])
      expect([value, familyOf(kind, value)]).not.toEqual([value, family]);
  });

  it.each<FieldKind>(['boolean', 'list', 'bytes'])(
    'familyOf() gives no family for values of kind %s',
    (kind) => {
      for (const value of ['', 'a', 1, true, null, [], [1], {}])
        expect(familyOf(kind, value)).toBeNull();
    },
  );
});

describe('compare', () => {
  it.each<{ family: Family; ascending: readonly JsonValue[] }>([
    { family: 'number', ascending: [-1e300, -1, -5e-324, 0, 5e-324, 1, 1 + Number.EPSILON, 1e300] },
    {
      family: 'exact',
      ascending: [
        '-Infinity',
        '-1e500',
        '-1e400',
        '-9007199254740993',
        '-9007199254740992',
        '-1e-400',
        '0',
        '1e-401',
        '1e-400',
        0.1,
        '0.10000000000000000001',
        5,
        '9007199254740992',
        '9007199254740993',
        '1e400',
        '1e500',
        'Infinity',
      ],
    },
    {
      family: 'text',
      ascending: [
        '',
        '\0',
        'A',
        'Z',
        'a',
        'a\0',
        'aa',
        'b',
        'e\u0301',
        'ä',
        '\u{d7ff}',
        '\ud83d',
        '\ud83da',
        '\ude00',
        '\ue000',
        '\uffff',
        '\u{10000}',
        '😀',
        '😀a',
        '😁',
      ],
    },
    {
      family: 'instant',
      ascending: [
        '-000044-03-15T00:00:00.000Z',
        '0001-01-01T00:00:00.000Z',
        '2026-01-01T12:00:00.000Z',
        '2026-01-01T12:00:00.001Z',
        '2026-01-01T12:00:00.002+00:00',
        '2026-01-01T12:00:00.003-01:00',
        '+010000-01-01T00:00:00.000Z',
      ],
    },
    {
      family: 'date',
      ascending: [
        '-infinity',
        '4713-01-01 BC',
        '0044-03-15 BC',
        '0044-03-16 BC',
        '0044-04-01 BC',
        '0043-01-01 BC',
        '0001-12-31 BC',
        '0001-01-01',
        '2026-01-31',
        '2026-02-01',
        '2026-12-31',
        '2027-01-01',
        '10000-01-01',
        '5874897-12-31',
        'infinity',
      ],
    },
    {
      family: 'time',
      ascending: [
        '00:00:00+14',
        '00:00:00',
        '00:00:00.000001',
        '00:00:00.1',
        '03:04:05+01',
        '02:04:05.5',
        '02:04:06-00',
        '12:00:00',
        '24:00:00',
        '23:59:59-14:30',
      ],
    },
  ])('compare() puts values of family $family in order', ({ family, ascending }) => {
    ascending.forEach((a, i) => {
      ascending.forEach((b, j) => {
        expect([a, b, Math.sign(compare(a, b, family))]).toEqual([a, b, Math.sign(i - j)]);
      });
    });
  });

  it.each<{ family: Family; same: readonly JsonValue[] }>([
    { family: 'number', same: [0, -0] },
    { family: 'exact', same: ['1', '1.0', '1.00', 1, '1e0', '10e-1', '.1e1'] },
    { family: 'instant', same: ['2026-01-01T12:00:00.000Z', '2026-01-01T14:00:00+02:00'] },
    {
      family: 'time',
      same: ['12:00:00.1+00', '13:00:00.100000+01', '06:30:00.1-05:30', '12:00:00.1'],
    },
  ])('compare() finds no difference between equal values of family $family', ({ family, same }) => {
    for (const a of same)
      for (const b of same) expect([a, b, compare(a, b, family)]).toEqual([a, b, 0]);
  });

  it('compare() orders texts by their code points', () => {
    fc.assert(
      fc.property(texts, texts, (a, b) => {
        const [left, right] = [[...a], [...b]].map((points) =>
          points.map((point) => point.codePointAt(0) ?? 0),
        ) as [number[], number[]];
        const at = left.findIndex((point, n) => point !== right[n]);
        const expected = at < 0 ? left.length - right.length : (left[at] ?? 0) - (right[at] ?? -1);
        expect(Math.sign(compare(a, b, 'text'))).toBe(Math.sign(expected));
      }),
      { numRuns: 1_000 },
    );
  });

  it('compare() orders exact numbers as big.js does', () => {
    fc.assert(
      fc.property(exactTexts, exactTexts, (a, b) => {
        expect(compare(a, b, 'exact')).toBe(new Big(a).cmp(b));
      }),
      { numRuns: 1_000 },
    );
  });

  it('compare() orders instants and dates as Date does', () => {
    fc.assert(
      fc.property(instants, instants, (a, b) => {
        expect(compare(a, b, 'instant')).toBe(Math.sign(Date.parse(a) - Date.parse(b)));
      }),
    );
    fc.assert(
      fc.property(DATES, DATES, (a, b) => {
        const days = [a, b].map((date) => date.toISOString().slice(0, 10)) as [string, string];
        const parsed = days.map((day) => Date.parse(day)) as [number, number];
        expect(compare(...days, 'date')).toBe(Math.sign(parsed[0] - parsed[1]));
      }),
    );
  });

  it('compare() is a total order', () => {
    fc.assert(
      fc.property(orderedValues(), ([kind, [a, b, c]]) => {
        const family = familyOf(kind, a) as Family;
        expect(familyOf(kind, b)).toBe(family);
        expect(compare(a, a, family)).toBe(0);
        expect(Math.sign(compare(a, b, family)) + Math.sign(compare(b, a, family))).toBe(0);
        if (compare(a, b, family) <= 0 && compare(b, c, family) <= 0)
          expect(compare(a, c, family)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('approximate', () => {
  it('approximate() never reverses the order of two values', () => {
    fc.assert(
      fc.property(orderedValues(), ([kind, [a, b]]) => {
        const family = familyOf(kind, a) as Family;
        if (family === 'text') return;
        const order = Math.sign(approximate(a, family) - approximate(b, family)) || 0;
        expect([0, Math.sign(compare(a, b, family))]).toContain(order);
      }),
      { numRuns: 1_000 },
    );
  });

  it('approximate() gives a number for each value that has a numeric family', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...ALL_KINDS), (value, kind) => {
        const family = familyOf(kind, value as JsonValue);
        if (family === null || family === 'text') return;
        expect(approximate(value as JsonValue, family)).not.toBeNaN();
      }),
    );
  });
});
