import {
  allOf,
  any,
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
  isFalse,
  isMatcher,
  isNull,
  isTrue,
  like,
  lt,
  lte,
  type Matcher,
  not,
  oneOf,
  startsWith,
  storedMatcher,
  was,
} from '../../lib/match/matcher';
import { toStored } from '../../lib/match/operand';

describe('the matchers', () => {
  it.each<{ built: Matcher; plain: { operator: string; operand: unknown } }>([
    { built: any(), plain: { operator: 'any', operand: null } },
    { built: is(1), plain: { operator: 'is', operand: 1 } },
    { built: is(null), plain: { operator: 'is', operand: null } },
    { built: isNull(), plain: { operator: 'isNull', operand: null } },
    { built: isTrue(), plain: { operator: 'isTrue', operand: null } },
    { built: isFalse(), plain: { operator: 'isFalse', operand: null } },
    { built: oneOf([1, null]), plain: { operator: 'oneOf', operand: [1, null] } },
    { built: startsWith('J'), plain: { operator: 'startsWith', operand: 'J' } },
    { built: endsWith('e'), plain: { operator: 'endsWith', operand: 'e' } },
    { built: contains('o'), plain: { operator: 'contains', operand: 'o' } },
    { built: like('^J'), plain: { operator: 'like', operand: '^J' } },
    { built: gt(1), plain: { operator: 'gt', operand: 1 } },
    { built: gte(1), plain: { operator: 'gte', operand: 1 } },
    { built: lt('b'), plain: { operator: 'lt', operand: 'b' } },
    { built: lte('b'), plain: { operator: 'lte', operand: 'b' } },
    { built: between(1, 2), plain: { operator: 'between', operand: [1, 2] } },
    { built: not('J'), plain: { operator: 'not', operand: 'J' } },
    { built: allOf(), plain: { operator: 'allOf', operand: [] } },
    { built: anyOf('J', null), plain: { operator: 'anyOf', operand: ['J', null] } },
    { built: changed(), plain: { operator: 'changed', operand: null } },
    { built: was(gt(1)), plain: { operator: 'was', operand: { operator: 'gt', operand: 1 } } },
    { built: becomes('J'), plain: { operator: 'becomes', operand: 'J' } },
  ])('A matcher is plain data: $plain', ({ built, plain }) => {
    expect(built).toEqual(plain);
    expect(JSON.parse(JSON.stringify(built))).toEqual(plain);
  });

  it.each([
    { pattern: /^J.e$/, operand: '^J.e$' },
    { pattern: /joe/i, operand: '(?i)joe' },
    { pattern: /^joe.$/ims, operand: '(?ims)^joe.$' },
    { pattern: /joe/g, operand: 'joe' },
    { pattern: /joe/gu, operand: 'joe' },
  ])('`like` takes $pattern as $operand', ({ pattern, operand }) => {
    expect(like(pattern)).toEqual({ operator: 'like', operand });
  });
});

describe('asMatcher', () => {
  it.each<Condition>([
    'Joe',
    1,
    10n,
    null,
    true,
    new Date(0),
    ['a'],
    { city: 'Rome' },
    // Looks like a matcher, and is a value of a JSON column.
    { operator: 'any' },
  ])('asMatcher() turns the plain value %p into `is`', (value) => {
    expect(asMatcher(value)).toEqual({ operator: 'is', operand: value });
  });

  it('asMatcher() returns a matcher unchanged', () => {
    const matcher = startsWith('J');
    expect(asMatcher(matcher)).toBe(matcher);
  });
});

describe('isMatcher', () => {
  it('isMatcher() accepts only what the matcher functions built', () => {
    expect(isMatcher(any())).toBe(true);
    for (const value of [{ ...any() }, 'any', null, undefined, [any()], () => any()])
      expect([value, isMatcher(value)]).toEqual([value, false]);
  });
});

describe('storedMatcher', () => {
  it('storedMatcher() turns a stored condition into a matcher, not into a value', () => {
    const matcher = storedMatcher({ operator: 'startsWith', operand: 'J' });
    expect(asMatcher(matcher)).toBe(matcher);
    expect(matcher).toEqual(startsWith('J'));
  });

  it.each<Matcher>([
    any(),
    between(1, 2),
    oneOf([{ operator: 'any', operand: null }, null]),
    not(not({ operator: 'any', operand: null })),
    allOf(was(not(1)), becomes(anyOf(gt(1), null)), changed()),
  ])('A matcher that is read from storage is stored in the same form again: %j', (matcher) => {
    const stored = toStored('field', 'unknown', matcher);
    expect(toStored('field', 'unknown', storedMatcher(stored))).toEqual(stored);
  });
});
