import fc from 'fast-check';
import type { JsonValue } from '../../lib/base/json';
import type { FieldKind } from '../../lib/match/field-kind';
import {
  allOf,
  any,
  anyOf,
  between,
  type Condition,
  contains,
  endsWith,
  gt,
  gte,
  isFalse,
  isNull,
  isTrue,
  like,
  lt,
  lte,
  not,
  oneOf,
  startsWith,
} from '../../lib/match/matcher';
import type { Subject } from '../../lib/match/matches';
import type { PlainValue } from '../../lib/match/values';

// A few ordered values, so that conditions are often true.
const TEXTS = ['', 'a', 'ab', 'b', '\ue000', '😀'] as const;
const NUMBERS = [-1, 0, 0.5, 1, 9_007_199_254_740_992] as const;
const EXACTS = ['-Infinity', '-1', '0.5', '1', '1.0', '9007199254740993', 'Infinity'] as const;
const INSTANTS = [
  '1970-01-01T00:00:00.000Z',
  '2026-01-01T00:00:00.000Z',
  '2026-01-01T01:00:00+01:00',
] as const;
const DAYS = ['-infinity', '0044-03-15 BC', '2026-01-01', '10000-01-01'] as const;
const HOURS = ['00:00:00', '12:00:00', '13:00:00+01', '12:00:00+00'] as const;
const DOCUMENTS: readonly JsonValue[] = [true, false, {}, { a: 1 }, [], [1], ['a']];

const VALUES: Readonly<Record<FieldKind, readonly JsonValue[]>> = {
  text: TEXTS,
  number: NUMBERS,
  exact: EXACTS,
  boolean: [true, false],
  instant: INSTANTS,
  date: DAYS,
  time: HOURS,
  json: [...DOCUMENTS, ...TEXTS, ...NUMBERS],
  list: [[], [1], ['a']],
  bytes: ['', 'aGk='],
  unknown: [...DOCUMENTS, ...TEXTS, ...NUMBERS],
};

/** Ordered values. */
const ORDERED: Readonly<Record<FieldKind, readonly (readonly (string | number)[])[]>> = {
  text: [TEXTS],
  number: [NUMBERS],
  exact: [EXACTS],
  boolean: [],
  instant: [INSTANTS],
  date: [DAYS],
  time: [['00:00:00', '12:00:00', '13:00:00']],
  json: [['', 'a', 'b'], NUMBERS],
  list: [],
  bytes: [],
  unknown: [['', 'a', 'b'], NUMBERS],
};

/** Any condition on a field except transitions. */
export function conditionsOn(kind: FieldKind): fc.Arbitrary<Condition> {
  const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 3 },
      leaves(kind),
      tie('condition').map((inner) => not(inner)),
      fc.array(tie('condition'), { maxLength: 3 }).map((members) => allOf(...members)),
      fc.array(tie('condition'), { maxLength: 3 }).map((members) => anyOf(...members)),
    ),
  }));
  return condition;
}

function leaves(kind: FieldKind): fc.Arbitrary<Condition> {
  const values = fc.constantFrom<PlainValue>(...VALUES[kind], null);
  const takesText = ['text', 'json', 'unknown'].includes(kind);
  const takesTruth = ['boolean', 'json', 'unknown'].includes(kind);
  return fc.oneof(
    values,
    fc.array(values, { maxLength: 3 }).map((members) => oneOf(members)),
    fc.constantFrom(any(), isNull()),
    ...ORDERED[kind].flatMap((pool) => [comparisons(pool), ranges(pool)]),
    ...(takesText ? [textual] : []),
    ...(takesTruth ? [fc.constantFrom(isTrue(), isFalse())] : []),
  );
}

function comparisons(pool: readonly (string | number)[]): fc.Arbitrary<Condition> {
  return fc
    .tuple(fc.constantFrom(gt, gte, lt, lte), fc.constantFrom(...pool))
    .map(([build, end]) => build(end));
}

function ranges(pool: readonly (string | number)[]): fc.Arbitrary<Condition> {
  const place = fc.nat({ max: pool.length - 1 });
  return fc
    .tuple(place, place)
    .map(([a, b]) => between(pool[Math.min(a, b)] ?? '', pool[Math.max(a, b)] ?? ''));
}

const textual: fc.Arbitrary<Condition> = fc.oneof(
  fc
    .tuple(fc.constantFrom(startsWith, endsWith, contains), fc.constantFrom(...TEXTS))
    .map(([build, text]) => build(text)),
  fc.constantFrom('a', '^$', '(a+)+$', '\\d', '^.$').map(like),
);

/** A field of the kind in any event: new, updated or removed, absent, null or of another type. */
export function subjects(kind: FieldKind): fc.Arbitrary<Subject> {
  const values = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom<JsonValue | undefined>(...VALUES[kind]) },
    {
      weight: 2,
      arbitrary: fc.constantFrom<JsonValue | undefined>(null, undefined, 'a', 1, [1], {}),
    },
  );
  return fc.oneof(
    values.map((value) => ({ value, before: undefined, isNew: true, changed: true })),
    fc
      .tuple(values, values, fc.boolean())
      .map(([value, before, hasChanged]) => ({ value, before, isNew: false, changed: hasChanged })),
    values.map((value) => ({ value, before: value, isNew: false, changed: false })),
  );
}
