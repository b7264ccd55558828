import fc from 'fast-check';
import type { JsonValue } from '../../lib/base/json';
import type { FieldKind } from '../../lib/match/field-kind';
import {
  allOf,
  anyOf,
  asMatcher,
  becomes,
  between,
  type Condition,
  changed,
  contains,
  endsWith,
  gt,
  gte,
  is,
  like,
  lt,
  lte,
  not,
  oneOf,
  startsWith,
  storedMatcher,
  was,
} from '../../lib/match/matcher';
import { equal, satisfies } from '../../lib/match/matches';
import { toStored } from '../../lib/match/operand';
import type { OrderedValue, PlainValue } from '../../lib/match/values';
import { conditionsOn, subjects } from './conditions';
import { ALL_KINDS, fresh, judged, satisfied } from './judging';
import { orderedValues, texts, valueOfItsKind } from './values';

/** Conditions that any field of the kind may be asked, and a field that they are asked of. */
const asked = fc.constantFrom(...ALL_KINDS).chain((kind) =>
  fc.record({
    kind: fc.constant(kind),
    one: conditionsOn(kind),
    other: conditionsOn(kind),
    subject: subjects(kind),
  }),
);
const RUNS = { numRuns: 1_000 };

describe('laws of satisfies', () => {
  it('satisfies() agrees with the methods of String', () => {
    fc.assert(
      fc.property(texts, texts, (text, part) => {
        expect(satisfied(startsWith(part), text)).toBe(text.startsWith(part));
        expect(satisfied(endsWith(part), text)).toBe(text.endsWith(part));
        expect(satisfied(contains(part), text)).toBe(text.includes(part));
        expect(satisfied(startsWith(part), part + text)).toBe(true);
        expect(satisfied(endsWith(part), text + part)).toBe(true);
        expect(satisfied(contains(part), text + part + text)).toBe(true);
      }),
    );
  });

  it('`like` finds what a plain text contains', () => {
    fc.assert(
      fc.property(fc.string(), fc.stringMatching(/^[a-z]{1,3}$/), (text, part) => {
        expect(satisfied(like(part), text)).toBe(text.includes(part));
      }),
    );
  });

  it('A value of every kind satisfies `is` with itself', () => {
    fc.assert(
      fc.property(valueOfItsKind, ([kind, value]) => {
        expect(satisfied(is(value), value, kind)).toBe(true);
        expect(satisfied(oneOf([null, value]), value, kind)).toBe(true);
      }),
    );
  });

  it('Each value is exactly one of before, at and after another value', () => {
    fc.assert(
      fc.property(orderedValues(), ([kind, [a, b]]) => {
        const end = a as OrderedValue;
        const [before, at, after] = [lt(end), allOf(gte(end), lte(end)), gt(end)].map((matcher) =>
          satisfied(matcher, b, kind),
        );
        expect([before, at, after].filter(Boolean)).toHaveLength(1);
        expect(satisfied(lte(end), b, kind)).toBe(before || at);
        expect(satisfied(gte(end), b, kind)).toBe(after || at);
        // Times of two zones are not one value, though they be one time.
        if (kind !== 'time') expect(satisfied(is(end), b, kind)).toBe(at);
      }),
      RUNS,
    );
  });

  it('`between` answers as `gte` and `lte` together', () => {
    fc.assert(
      fc.property(orderedValues(), ([kind, [a, b, value]]) => {
        const [low, high] = (
          satisfied(lte(b as OrderedValue), a, kind) ? [a, b] : [b, a]
        ) as OrderedValue[];
        expect(satisfied(between(low as OrderedValue, high as OrderedValue), value, kind)).toBe(
          satisfied(gte(low as OrderedValue), value, kind) &&
            satisfied(lte(high as OrderedValue), value, kind),
        );
      }),
      RUNS,
    );
  });

  it("De Morgan's laws hold where the field is present", () => {
    fc.assert(
      fc.property(asked, ({ kind, one, other, subject }) => {
        fc.pre(subject.value !== undefined);
        const answer = (condition: Condition) => judged(condition, subject, kind);
        expect(answer(not(allOf(one, other)))).toBe(answer(anyOf(not(one), not(other))));
        expect(answer(not(anyOf(one, other)))).toBe(answer(allOf(not(one), not(other))));
        expect(answer(not(not(one)))).toBe(answer(one));
        expect(answer(one)).not.toBe(answer(not(one)));
      }),
      RUNS,
    );
  });

  it('`becomes` means that the value satisfies now and did not before', () => {
    fc.assert(
      fc.property(asked, ({ kind, one, subject }) => {
        const answer = (condition: Condition) => judged(condition, subject, kind);
        expect(answer(becomes(one))).toBe(
          subject.value !== undefined && answer(one) && !answer(was(one)),
        );
        if (subject.isNew) expect(answer(was(one))).toBe(false);
        expect(answer(changed())).toBe(subject.changed && subject.value !== undefined);
      }),
      RUNS,
    );
  });

  it('`allOf` and `anyOf` are the plain and/or of their members, even for absent fields', () => {
    fc.assert(
      fc.property(asked, ({ kind, one, other, subject }) => {
        const answer = (condition: Condition) => judged(condition, subject, kind);
        expect(answer(allOf(one, other))).toBe(answer(one) && answer(other));
        expect(answer(anyOf(one, other))).toBe(answer(one) || answer(other));
        expect(answer(allOf(one))).toBe(answer(one));
      }),
      RUNS,
    );
  });

  it('A condition that was stored and read again gives the same answer', () => {
    fc.assert(
      fc.property(asked, ({ kind, one, subject }) => {
        const stored = toStored('field', kind, asMatcher(one));
        const again = toStored('field', kind, storedMatcher(JSON.parse(JSON.stringify(stored))));
        expect(again).toEqual(stored);
        expect(satisfies(again, subject, kind)).toBe(satisfies(stored, subject, kind));
      }),
      RUNS,
    );
  });

  it('satisfies() never throws for any pair of value and kind', () => {
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.constant({ toString: null }),
      fc.constant(Number.NaN),
    );
    fc.assert(
      fc.property(asked, anything, fc.constantFrom(...ALL_KINDS), ({ kind, one }, value, other) => {
        const stored = toStored('field', kind, asMatcher(one));
        expect(typeof satisfies(stored, fresh(value as JsonValue), other)).toBe('boolean');
      }),
      RUNS,
    );
  });
});

describe('equal', () => {
  it('equal() is symmetric, and a value equals its copy', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.constantFrom(...ALL_KINDS), (a, b, kind) => {
        const [one, other] = [a as JsonValue, b as JsonValue];
        expect(equal(one, other, kind)).toBe(equal(other, one, kind));
        // The copy of an object is no number and no instant, hence equal to none either.
        if (['exact', 'instant'].includes(kind) && typeof one === 'object') return;
        expect(equal(one, JSON.parse(JSON.stringify(one)) as JsonValue, kind)).toBe(true);
      }),
    );
  });

  it('Exact numbers beyond 2^53 are compared as numbers, in any notation', () => {
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

  it.each<{ kind: FieldKind; a: PlainValue; b: JsonValue; same: boolean }>([
    { kind: 'instant', a: '2026-01-01T00:00:00Z', b: '2026-01-01T02:00:00.000+02:00', same: true },
    {
      kind: 'instant',
      a: '2026-01-01T00:00:00Z',
      b: `2026-01-01T00:00:00Z${' '.repeat(99)}`,
      same: false,
    },
    { kind: 'unknown', a: '2026-01-01T00:00:00Z', b: '2026-01-01T00:00:00.000Z', same: false },
    { kind: 'time', a: '12:00:00+00', b: '13:00:00+01', same: false },
    { kind: 'json', a: { a: -0 }, b: { a: 0 }, same: true },
  ])('equal() compares $a and $b by the kind $kind', ({ kind, a, b, same }) => {
    expect(satisfied(is(a), b, kind)).toBe(same);
  });
});
