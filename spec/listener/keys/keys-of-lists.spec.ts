import fc from 'fast-check';
import type { HookCatalog } from '../../../lib/hook/catalog';
import type { HookEvent } from '../../../lib/hook/event';
import { keyOptions } from '../../../lib/listener/keys/keys-of-listener';
import {
  type KeyShape,
  keyPrefix,
  keyText,
  type MatchKey,
} from '../../../lib/listener/keys/match-key';
import { scopeOf } from '../../../lib/listener/keys/scope';
import { wants } from '../../../lib/listener/matching/checks';
import { gramCount, probesOf } from '../../../lib/listener/matching/keys-of-event';
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
  isNull,
  like,
  lt,
  not,
  oneOf,
  startsWith,
  was,
} from '../../../lib/match/matcher';
import { toStored } from '../../../lib/match/operand';
import { manyField } from '../../support/values/many-field';

const HOOK = { hook: 'thing', pattern: null };
const fields = new Map([['tags.name', manyField('tags.name')]]);
const catalog = { find: () => ({ fields }) } as unknown as HookCatalog;

const value = fc.constantFrom('a', 'ab', 'abc', 'xabc', 0, 1, 5, 9, null);
const text = fc.constantFrom('a', 'ab', 'c', 'abc');
const number = fc.constantFrom(0, 1, 5, 9);
const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small' },
    value as fc.Arbitrary<Condition>,
    fc.array(value, { maxLength: 2 }).map((values) => oneOf(values) as Condition),
    text.map((one) => startsWith(one) as Condition),
    text.map((one) => endsWith(one) as Condition),
    text.map((one) => contains(one) as Condition),
    text.map((one) => like(one) as Condition),
    number.map((one) => gt(one) as Condition),
    number.map((one) => lt(one) as Condition),
    fc.tuple(number, number).map(([a, b]) => between(Math.min(a, b), Math.max(a, b)) as Condition),
    fc.constantFrom<Condition>(isNull(), changed()),
    tie('condition').map((one) => not(one) as Condition),
    fc.array(tie('condition'), { maxLength: 3 }).map((all) => allOf(...all) as Condition),
    fc.array(tie('condition'), { maxLength: 3 }).map((all) => anyOf(...all) as Condition),
  ),
}));
const transition = fc.oneof(
  condition,
  condition.filter(isPlain).map((one) => was(one) as Condition),
  condition.filter(isPlain).map((one) => becomes(one) as Condition),
);
const list = fc.option(fc.array(value, { maxLength: 3 }), { nil: null, freq: 9 });

function isPlain(one: Condition): boolean {
  return !JSON.stringify(one).includes('changed');
}

const event = fc.record({ now: list, before: list, isUpdate: fc.boolean() }).map(
  ({ now, before, isUpdate }): HookEvent => ({
    id: 'e',
    hook: 'thing',
    name: 'thing',
    operation: isUpdate ? 'update' : 'insert',
    ref: null,
    sender: null,
    headers: {},
    occurredAt: new Date(0),
    data: { 'tags.name': now },
    previous: isUpdate ? { 'tags.name': before } : null,
    changed: isUpdate && JSON.stringify(now) === JSON.stringify(before) ? [] : ['tags.name'],
  }),
);

/** Whether an event has one of these keys. */
function finds(keys: readonly MatchKey[], told: HookEvent): boolean {
  const shapes = keys.map((key): KeyShape => ({ ...key, scope: scopeOf(HOOK) }));
  const probes = probesOf([told], { shapes, grams: new Map() }, catalog);
  return keys.some((key, n) => {
    const prefix = keyPrefix(shapes[n] as KeyShape);
    const within = ({ low, high }: { readonly low: number; readonly high: number }) =>
      low <= key.value && key.value <= high;
    return (
      probes.keys.includes(keyText(prefix, key.value)) ||
      probes.ranges.some((range) => range.prefix === prefix && range.bounds.some(within))
    );
  });
}

const bound = fc.oneof(
  number.map((one) => gt(one) as Condition),
  number.map((one) => lt(one) as Condition),
);

function expectFound(conditions: readonly Condition[], told: HookEvent): boolean {
  const match = conditions.map((one) => toStored('tags.name', 'unknown', asMatcher(one)));
  const listener = { ...HOOK, operations: null, owner: null, select: null, match };
  if (!wants(listener, told, catalog)) return false;
  for (const { keys } of keyOptions(listener, () => ['unknown']))
    expect([keys, finds(keys, told)]).toEqual([keys, true]);
  return true;
}

describe('the match keys of a list', () => {
  it('Each option finds every event that the listener wants, also by several conditions', () => {
    let wanted = 0;
    fc.assert(
      fc.property(fc.array(transition, { minLength: 1, maxLength: 3 }), event, (all, told) => {
        if (expectFound(all, told)) wanted += 1;
      }),
      { numRuns: 3_000 },
    );
    expect(wanted).toBeGreaterThan(100);
  });

  it('Several bounds on a list must hold for one of its values, which the keys of their range find', () => {
    fc.assert(
      fc.property(bound, bound, fc.array(number), event, (one, other, now, anything) => {
        const told = { ...anything, data: { 'tags.name': now } };
        expectFound([one, other], told);
        expectFound([allOf(one, other)], told);
      }),
      { numRuns: 500 },
    );
  });

  it('The grams of all values of a list are counted', () => {
    const told = { data: { 'tags.name': ['abcd', null, 'ab', 1] } } as unknown as HookEvent;
    const shape = { scope: '', field: 'tags.name', operator: 'contains', length: 2 } as const;
    expect(gramCount([told], [shape])).toBe(4);
  });
});
