import fc from 'fast-check';
import type { JsonValue } from '../../lib/base/json';
import {
  allOf,
  any,
  anyOf,
  becomes,
  between,
  type Condition,
  changed,
  gt,
  is,
  isNull,
  lt,
  not,
  oneOf,
  startsWith,
  was,
} from '../../lib/match/matcher';
import type { Subject } from '../../lib/match/matches';
import { conditionsOn, subjects } from './conditions';
import { ALL_KINDS, judged } from './judging';

/** The values of a to-many relation, which had other rows before. */
function list(value: JsonValue, before: JsonValue = []): Subject {
  const isSame = JSON.stringify(value) === JSON.stringify(before);
  return { value, before, isNew: false, changed: !isSame, isMany: true };
}

describe('satisfies of a list of values', () => {
  it.each<{ name: string; condition: Condition; yes: JsonValue[]; no: JsonValue[] }>([
    { name: 'is', condition: 'a', yes: [['a'], ['b', 'a']], no: [[], ['b'], null] },
    { name: 'oneOf', condition: oneOf(['a', 'b']), yes: [['c', 'b']], no: [['c'], []] },
    { name: 'startsWith', condition: startsWith('a'), yes: [['x', 'ab']], no: [['ba']] },
    { name: 'isNull', condition: isNull(), yes: [['a', null]], no: [['a'], [], null] },
    { name: 'any', condition: any(), yes: [[], ['a'], null], no: [] },
    { name: 'not', condition: not('a'), yes: [['b'], [], null], no: [['b', 'a']] },
    { name: 'between', condition: between(2, 4), yes: [[0, 3]], no: [[1, 5]] },
    { name: 'allOf on one value', condition: allOf(gt(1), lt(5)), yes: [[0, 3]], no: [[0, 9]] },
    {
      name: 'allOf with not',
      condition: allOf(startsWith('a'), not('ab')),
      yes: [['ac', 'b']],
      no: [['ac', 'ab'], ['b']],
    },
    { name: 'anyOf', condition: anyOf('a', 'b'), yes: [['c', 'b']], no: [['c']] },
    {
      name: 'allOf of anyOf',
      condition: allOf(anyOf(1, 2), gt(1)),
      yes: [[2]],
      no: [[1, 5]],
    },
    { name: 'not of allOf', condition: not(allOf(gt(1), lt(5))), yes: [[0, 9]], no: [[3]] },
  ])(
    'The condition $name asks whether one of the values satisfies it',
    ({ condition, yes, no }) => {
      for (const value of yes)
        expect([value, judged(condition, list(value), 'unknown')]).toEqual([value, true]);
      for (const value of no)
        expect([value, judged(condition, list(value), 'unknown')]).toEqual([value, false]);
    },
  );

  it('Lists are compared as a whole', () => {
    const added = list(['a', 'b'], ['a']);
    expect(judged(changed(), added, 'text')).toBe(true);
    expect(judged(changed(), list(['a'], ['a']), 'text')).toBe(false);
    expect(judged(was('a'), added, 'text')).toBe(true);
    expect(judged(was('b'), added, 'text')).toBe(false);
    expect(judged(becomes('b'), added, 'text')).toBe(true);
    expect(judged(becomes('a'), added, 'text')).toBe(false);
    expect(judged(not(was(is('b'))), added, 'text')).toBe(true);
  });

  it('A list of one value satisfies what the value satisfies', () => {
    const asked = fc.constantFrom(...ALL_KINDS).chain((kind) =>
      fc.record({
        kind: fc.constant(kind),
        condition: conditionsOn(kind),
        subject: subjects(kind),
      }),
    );
    fc.assert(
      fc.property(asked, ({ kind, condition, subject }) => {
        const { value, before } = subject;
        if (value === undefined || (before === undefined && !subject.isNew)) return;
        const lists = { ...subject, value: [value], before: [before ?? null], isMany: true };
        expect(judged(condition, lists, kind)).toBe(judged(condition, subject, kind));
      }),
      { numRuns: 2_000 },
    );
  });
});
