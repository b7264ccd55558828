import fc from 'fast-check';
import { DataSource } from 'typeorm';
import type { JsonValue } from '../../../lib/base/json';
import { HookCatalog } from '../../../lib/hook/catalog';
import type { HookEvent } from '../../../lib/hook/event';
import { equalityText } from '../../../lib/listener/keys/equality';
import { keyOptions } from '../../../lib/listener/keys/keys-of-listener';
import {
  type KeyShape,
  keyPrefix,
  keyText,
  type MatchKey,
  ordinal,
} from '../../../lib/listener/keys/match-key';
import { scopeOf } from '../../../lib/listener/keys/scope';
import { wants } from '../../../lib/listener/matching/checks';
import { probesOf } from '../../../lib/listener/matching/keys-of-event';
import type { FieldKind } from '../../../lib/match/field-kind';
import {
  allOf,
  any,
  anyOf,
  becomes,
  between,
  type Condition,
  changed,
  contains,
  endsWith,
  gt,
  gte,
  is,
  isNull,
  like,
  lt,
  lte,
  type Matcher,
  not,
  oneOf,
  startsWith,
  was,
} from '../../../lib/match/matcher';
import { equal } from '../../../lib/match/matches';
import { type StoredCondition, toStored } from '../../../lib/match/operand';
import { compare, familyOf } from '../../../lib/match/order';

const catalog = new HookCatalog(new DataSource({ type: 'postgres' })).load();
catalog.define('thing', { provides: ['a', 'b'] });
const HOOK = { hook: 'thing', pattern: null };

const TEXTS = [
  '',
  'a',
  'ab',
  'abc',
  'abcabc',
  'xabcabcx',
  'b',
  '1',
  '1.0',
  '😀',
  '😀b',
  '\ud83d',
  'é',
  'e\u0301',
  '2026-01-02',
];
const NUMBERS = [0, 1, -1, 1.5, 2 ** 53, 1e300, -1e-300, 100, 101, 99.999_999];
const VALUES: readonly JsonValue[] = [...TEXTS, ...NUMBERS, null, true, false, [], ['a'], { a: 1 }];

const text = fc.constantFrom(...TEXTS);
const value = fc.constantFrom(...VALUES);
const ordered = fc.oneof(fc.constantFrom(...NUMBERS), text);

const { condition } = fc.letrec<{ condition: Condition; simple: Condition }>((tie) => ({
  simple: fc.oneof(
    value as fc.Arbitrary<Condition>,
    value.map((one) => is(one)),
    fc.array(value, { maxLength: 3 }).map((values) => oneOf(values)),
    text.map(startsWith),
    text.map(endsWith),
    text.map(contains),
    fc.constantFrom('abc', '^a', 'a|b', '(?i)ab', 'a.*c', '(ab|bc)x?', '[ab]c', '').map(like),
    ordered.map((one) => gt(one)),
    ordered.map((one) => gte(one)),
    ordered.map((one) => lt(one)),
    ordered.map((one) => lte(one)),
    fc
      .tuple(fc.constantFrom(...NUMBERS), fc.constantFrom(...NUMBERS))
      .map(([a, b]) => between(Math.min(a, b), Math.max(a, b))),
    fc.constantFrom<Matcher[]>(any(), isNull()),
  ) as fc.Arbitrary<Condition>,
  condition: fc.oneof(
    { depthSize: 'small' },
    tie('simple'),
    fc.constant(changed() as Condition),
    tie('simple').map((one) => was(one) as Condition),
    tie('simple').map((one) => becomes(one) as Condition),
    tie('condition').map((one) => not(one) as Condition),
    fc.array(tie('condition'), { maxLength: 3 }).map((all) => allOf(...all) as Condition),
    fc.array(tie('condition'), { maxLength: 3 }).map((all) => anyOf(...all) as Condition),
  ),
}));

const maybe = fc.option(value, { nil: undefined, freq: 8 });

const event = fc
  .record({
    operation: fc.constantFrom('insert', 'update', 'remove'),
    a: maybe,
    b: maybe,
    oldA: maybe,
    sender: fc.constantFrom(null, 'acme'),
  })
  .map(({ operation, a, b, oldA, sender }): HookEvent => {
    const data = present({ a, b });
    return {
      id: 'e',
      hook: 'thing',
      name: 'thing',
      operation: operation as 'insert',
      ref: null,
      sender,
      headers: {},
      occurredAt: new Date(0),
      data,
      previous: operation === 'update' ? present({ a: oldA, b }) : null,
      changed: operation === 'insert' ? Object.keys(data) : a === oldA ? [] : ['a'],
    };
  });

function present(values: Record<string, JsonValue | undefined>): Record<string, JsonValue> {
  const entries = Object.entries(values).filter(([, one]) => one !== undefined);
  return Object.fromEntries(entries) as Record<string, JsonValue>;
}

function stored(conditions: Readonly<Record<string, Condition>>): readonly StoredCondition[] {
  return Object.entries(conditions).map(([field, one]) =>
    toStored(field, 'unknown', allOf(one) as Matcher),
  );
}

/** Whether an event has one of these keys. */
function finds(keys: readonly MatchKey[], told: HookEvent): boolean {
  const plans = keys.map((key): KeyShape => ({ ...key, scope: scopeOf(HOOK) }));
  const probes = probesOf([told], { shapes: plans, grams: new Map() }, catalog);
  return keys.some((key, n) => {
    const own = keyPrefix(plans[n] as KeyShape);
    const within = ({ low, high }: { readonly low: number; readonly high: number }) =>
      low <= key.value && key.value <= high;
    return (
      probes.keys.includes(keyText(own, key.value)) ||
      probes.ranges.some(
        (range) => range.prefix === own && within(range) && range.bounds.some(within),
      )
    );
  });
}

describe('keyOptions', () => {
  it('Each option finds every event that the listener wants', () => {
    fc.assert(
      fc.property(condition, condition, event, (a, b, told) => {
        const match = stored({ a, b });
        const listener = { ...HOOK, operations: null, owner: null, select: null, match };
        if (!wants(listener, told, catalog)) return;
        for (const { keys } of keyOptions(listener, () => ['unknown']))
          expect([keys, finds(keys, told)]).toEqual([keys, true]);
      }),
      { numRuns: 3_000 },
    );
  });

  it('Owner and operation can each be the key of a listener', () => {
    fc.assert(
      fc.property(event, (told) => {
        const listener = { operations: ['insert', 'update'], owner: 'acme', match: [] };
        const [owner, operation, all] = keyOptions(listener, () => []);
        expect(finds(owner?.keys ?? [], told)).toBe(told.sender === 'acme');
        expect(finds(operation?.keys ?? [], told)).toBe(told.operation !== 'remove');
        expect(finds(all?.keys ?? [], told)).toBe(true);
      }),
    );
  });

  it('A condition that can never match has no key', () => {
    const options = keyOptions(
      { operations: null, owner: null, match: stored({ a: anyOf(), b: oneOf([]) }) },
      () => ['unknown'],
    );
    expect(options.filter(({ keys }) => keys.length === 0)).toHaveLength(2);
  });
});

const KINDS: readonly FieldKind[] = [
  'text',
  'number',
  'exact',
  'boolean',
  'instant',
  'date',
  'json',
  'list',
  'unknown',
];

describe('equalityText', () => {
  it('Values that are equal in a column of any kind have one equality text', () => {
    const any = fc.oneof(
      value,
      fc.jsonValue() as fc.Arbitrary<JsonValue>,
      fc.constantFrom('1e0', '01', '1.', '-0', '0.0', 'NaN', 'Infinity'),
      fc.constantFrom(
        '2026-01-02T00:00:00Z',
        '2026-01-02T01:00:00+01:00',
        '+002026-01-02T00:00:00Z',
      ),
    );
    fc.assert(
      fc.property(any, any, fc.constantFrom(...KINDS), (a, b, kind) => {
        if (equal(a, b, kind)) expect(equalityText(a)).toBe(equalityText(b));
      }),
      { numRuns: 5_000 },
    );
  });

  it('A text that is longer than any operand has no equality text', () => {
    expect(equalityText('x'.repeat(1_000_000))).toBeNull();
    expect(equalityText(`1.${'0'.repeat(10_000)}`)).toBe(equalityText('1'));
  });
});

describe('ordinal', () => {
  const of = (kind: FieldKind, values: fc.Arbitrary<JsonValue>) =>
    fc.tuple(fc.constant(kind), values, values);

  it('ordinal() never reverses the order of two values', () => {
    const cases = fc.oneof(
      of('number', fc.double({ noNaN: true })),
      of('number', fc.constantFrom(...NUMBERS)),
      of('exact', fc.bigInt().map(String)),
      of('text', fc.string({ unit: 'binary', maxLength: 8 })),
      of('text', fc.constantFrom(...TEXTS)),
      of(
        'instant',
        fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      ),
    );
    fc.assert(
      fc.property(cases, ([kind, a, b]) => {
        const family = familyOf(kind, a);
        if (family === null || familyOf(kind, b) !== family) return;
        const order = compare(a, b, family);
        const difference = ordinal(a, family) - ordinal(b, family);
        if (order < 0) expect(difference).toBeLessThanOrEqual(0);
        if (order > 0) expect(difference).toBeGreaterThanOrEqual(0);
        if (order === 0) expect(difference).toBe(0);
      }),
      { numRuns: 3_000 },
    );
  });
});
