import fc from 'fast-check';
import { type JsonValue, toJson } from '../../lib/json';
import type { FieldKind } from '../../lib/match/field-kind';
import {
  any,
  contains,
  endsWith,
  is,
  like,
  type Matcher,
  type Plain,
  startsWith,
} from '../../lib/match/matcher';
import { equal, matches } from '../../lib/match/matches';
import { type StoredCondition, toStored } from '../../lib/match/operand';

/** Whether a value satisfies a matcher after both went through their columns. */
function satisfied(matcher: Matcher, value: unknown, kind: FieldKind = 'unknown'): boolean {
  const stored = toStored('field', kind, matcher);
  return matches(stored, value === undefined ? undefined : toJson(value), kind);
}

interface Case {
  readonly kind: FieldKind;
  readonly matcher: Matcher;
  readonly yes: readonly unknown[];
  readonly no: readonly unknown[];
}

const INSTANT = '2026-01-02T03:04:05.006Z';
const EVERYTHING: readonly unknown[] = [
  '',
  'a',
  0,
  -1,
  true,
  false,
  null,
  [],
  [null],
  {},
  { a: 1 },
];
// biome-ignore format: one glance
const ALL_KINDS: readonly FieldKind[] = ['text', 'number', 'exact', 'boolean', 'instant', 'date', 'time', 'json', 'list', 'bytes', 'unknown'];

describe('matches', () => {
  it.each<Case>([
    { kind: 'text', matcher: any(), yes: [...EVERYTHING, undefined], no: [] },
    { kind: 'text', matcher: is('Joe'), yes: ['Joe'], no: ['joe', 'Joe ', '', null, undefined] },
    { kind: 'text', matcher: is('ä'), yes: ['ä'], no: ['a\u0308'] },
    { kind: 'text', matcher: is(''), yes: [''], no: [null, undefined, ' '] },
    { kind: 'text', matcher: is(null), yes: [null], no: ['', 'null', 0, undefined] },
    { kind: 'text', matcher: startsWith('J'), yes: ['J', 'Joe'], no: ['joe', '', null, ['J'], 1] },
    { kind: 'text', matcher: startsWith(''), yes: ['', 'a'], no: [null, undefined, 1, {}] },
    { kind: 'text', matcher: endsWith('e'), yes: ['e', 'Joe'], no: ['JoE', 'ex', null] },
    { kind: 'text', matcher: contains('o'), yes: ['o', 'Joe'], no: ['JOE', '', null, ['o']] },
    { kind: 'text', matcher: like('^J.*e$'), yes: ['Joe', 'Je'], no: ['joe', 'Joey', null] },
    { kind: 'text', matcher: like('o'), yes: ['Joe'], no: [0, ['o'], { o: 'o' }, undefined] },
    { kind: 'number', matcher: is(1), yes: [1, 1.0], no: ['1', true, 2, null, [1], undefined] },
    { kind: 'number', matcher: is(0), yes: [0, -0], no: [false, '', null] },
    { kind: 'exact', matcher: is('1.0'), yes: ['1', '1.00', 1, '1e0'], no: ['1.1', null, true] },
    { kind: 'exact', matcher: is(1), yes: ['1'], no: [['1'], { 1: 1 }, [1], undefined] },
    {
      kind: 'exact',
      matcher: is(9007199254740993n),
      yes: ['9007199254740993', '9007199254740993.000'],
      no: ['9007199254740992', '9007199254740994', 9007199254740992],
    },
    { kind: 'exact', matcher: is('NaN'), yes: ['NaN'], no: ['0', 'Infinity', null] },
    { kind: 'boolean', matcher: is(true), yes: [true], no: [1, 'true', false, null] },
    { kind: 'boolean', matcher: is(false), yes: [false], no: [0, '', null, undefined] },
    {
      kind: 'instant',
      matcher: is(new Date(INSTANT)),
      yes: [INSTANT, '2026-01-02T05:04:05.006+02:00', new Date(INSTANT)],
      no: ['2026-01-02T03:04:05.007Z', Date.parse(INSTANT), 'then', null],
    },
    { kind: 'date', matcher: is('2026-01-02'), yes: ['2026-01-02'], no: ['2026-01-03', INSTANT] },
    { kind: 'time', matcher: is('03:04:05'), yes: ['03:04:05'], no: ['03:04:06', null] },
    {
      kind: 'json',
      matcher: is({ a: 1, b: [{}] }),
      yes: [
        { a: 1, b: [{}] },
        { b: [{}], a: 1 },
      ],
      no: [{ a: 1 }, { a: '1', b: [{}] }, '{"a":1,"b":[{}]}', null, []],
    },
    { kind: 'json', matcher: is('a'), yes: ['a'], no: [['a'], { a: 'a' }] },
    { kind: 'json', matcher: startsWith('a'), yes: ['ab'], no: [['ab'], { a: 1 }, null] },
    { kind: 'list', matcher: is(['a', 'b']), yes: [['a', 'b']], no: [['b', 'a'], ['a'], 'a,b'] },
    { kind: 'list', matcher: is([]), yes: [[]], no: [null, {}, '', undefined] },
    { kind: 'bytes', matcher: is(Buffer.from('hi')), yes: ['aGk='], no: ['hi', null] },
    { kind: 'unknown', matcher: is(1), yes: [1], no: ['1', true, null] },
  ])('$matcher of a field of kind $kind', ({ kind, matcher, yes, no }) => {
    for (const value of yes)
      expect([value, satisfied(matcher, value, kind)]).toEqual([value, true]);
    for (const value of no)
      expect([value, satisfied(matcher, value, kind)]).toEqual([value, false]);
  });

  it('agrees with the methods of String', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (text, part) => {
        expect(satisfied(startsWith(part), text)).toBe(text.startsWith(part));
        expect(satisfied(endsWith(part), text)).toBe(text.endsWith(part));
        expect(satisfied(contains(part), text)).toBe(text.includes(part));
        expect(satisfied(startsWith(part), part + text)).toBe(true);
        expect(satisfied(endsWith(part), text + part)).toBe(true);
        expect(satisfied(contains(part), text + part + text)).toBe(true);
      }),
    );
  });

  it('finds with `like` what a plain text contains', () => {
    fc.assert(
      fc.property(fc.string(), fc.stringMatching(/^[a-z]{1,3}$/), (text, part) => {
        expect(satisfied(like(part), text)).toBe(text.includes(part));
      }),
    );
  });

  it('is reflexive in `is`, for every kind', () => {
    fc.assert(
      fc.property(valueOfItsKind, ([kind, value]) => {
        expect(satisfied(is(value), value, kind)).toBe(true);
      }),
    );
  });

  it('compares exact numbers beyond 2^53 as numbers, however they are written', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt(), fc.nat({ max: 9 }), (one, other, zeros) => {
        const written = `${one}.${'0'.repeat(zeros + 1)}`;
        expect(satisfied(is(written), String(one), 'exact')).toBe(true);
        expect(satisfied(is(one), written, 'exact')).toBe(true);
        expect(satisfied(is(one), String(one + 1n), 'exact')).toBe(false);
        expect(satisfied(is(one), String(other), 'exact')).toBe(one === other);
      }),
    );
  });

  it('compares instants, whatever their offset', () => {
    fc.assert(
      fc.property(pastDate, pastDate, fc.integer({ min: -11, max: 11 }), (at, other, hours) => {
        const shifted = new Date(at.getTime() + hours * 3_600_000).toISOString();
        const sign = hours < 0 ? '-' : '+';
        const offset = `${sign}${String(Math.abs(hours)).padStart(2, '0')}:00`;
        expect(satisfied(is(at), shifted.replace('Z', offset), 'instant')).toBe(true);
        expect(satisfied(is(at), other, 'instant')).toBe(at.getTime() === other.getTime());
      }),
    );
  });

  it('answers the same for a condition that was stored and read again', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (operand, value) => {
        const stored = toStored('field', 'unknown', is(operand as Plain));
        const read = JSON.parse(JSON.stringify(stored)) as StoredCondition;
        expect(read).toEqual(stored);
        expect(matches(read, operand as JsonValue, 'unknown')).toBe(true);
        expect(matches(read, value as JsonValue, 'unknown')).toBe(
          matches(stored, value as JsonValue, 'unknown'),
        );
      }),
    );
  });

  it('lets an absent field satisfy nothing but `any`', () => {
    fc.assert(
      fc.property(storedCondition, fc.constantFrom(...ALL_KINDS), (condition, kind) => {
        expect(matches(condition, undefined, kind)).toBe(condition.operator === 'any');
      }),
    );
  });

  it('never throws, whatever the value, the operand and the kind', () => {
    fc.assert(
      fc.property(
        storedCondition,
        fc.oneof(fc.jsonValue(), fc.constant({ toString: null })),
        fc.constantFrom(...ALL_KINDS),
        (condition, value, kind) => {
          expect(typeof matches(condition, value as JsonValue, kind)).toBe('boolean');
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('equal', () => {
  it('is symmetric, and true of copies', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.constantFrom(...ALL_KINDS), (a, b, kind) => {
        const [one, other] = [a as JsonValue, b as JsonValue];
        expect(equal(one, other, kind)).toBe(equal(other, one, kind));
        // The copy of an object is no number, hence equal to no number either.
        if (kind === 'exact' && typeof one === 'object') return;
        expect(equal(one, JSON.parse(JSON.stringify(one)) as JsonValue, kind)).toBe(
          kind !== 'instant' || typeof one !== 'object' || one === null,
        );
      }),
    );
  });
});

const pastDate = fc.date({
  min: new Date('1900-01-01'),
  max: new Date('2200-01-01'),
  noInvalidDate: true,
});

const text = fc.string({ unit: 'binary' });

const valueOfItsKind: fc.Arbitrary<[FieldKind, Plain]> = fc.oneof(
  fc.tuple(fc.constant<FieldKind>('text'), text),
  fc.tuple(fc.constant<FieldKind>('number'), fc.double({ noNaN: true, noDefaultInfinity: true })),
  fc.tuple(fc.constant<FieldKind>('exact'), fc.bigInt()),
  fc.tuple(fc.constant<FieldKind>('boolean'), fc.boolean()),
  fc.tuple(fc.constant<FieldKind>('instant'), pastDate),
  fc.tuple(
    fc.constant<FieldKind>('date'),
    pastDate.map((date) => date.toISOString().slice(0, 10)),
  ),
  fc.tuple(
    fc.constant<FieldKind>('time'),
    pastDate.map((date) => date.toISOString().slice(11, 19)),
  ),
  fc.tuple(fc.constant<FieldKind>('json'), fc.jsonValue() as fc.Arbitrary<Plain>),
  fc.tuple(fc.constant<FieldKind>('list'), fc.array(fc.jsonValue()) as fc.Arbitrary<Plain>),
  fc.tuple(fc.constant<FieldKind>('bytes'), fc.uint8Array()),
  fc.tuple(fc.constant<FieldKind>('unknown'), fc.jsonValue() as fc.Arbitrary<Plain>),
);

/** Conditions as a database may hold them: operands of `like` compile, the rest is arbitrary. */
const storedCondition: fc.Arbitrary<StoredCondition> = fc.oneof(
  fc.record({
    field: fc.constant('field'),
    operator: fc.constantFrom('any', 'is', 'startsWith', 'endsWith', 'contains'),
    operand: fc.jsonValue() as fc.Arbitrary<JsonValue>,
  }),
  fc.record({
    field: fc.constant('field'),
    operator: fc.constant('like' as const),
    operand: fc.constantFrom('a', '^$', '(a+)+$', '\\d'),
  }),
);
