import {
  any,
  asMatcher,
  type Condition,
  contains,
  endsWith,
  is,
  like,
  startsWith,
  storedMatcher,
} from '../../lib/match/matcher';

describe('the matchers', () => {
  it.each([
    { built: any(), plain: { operator: 'any' } },
    { built: is(1), plain: { operator: 'is', operand: 1 } },
    { built: is(null), plain: { operator: 'is', operand: null } },
    { built: startsWith('J'), plain: { operator: 'startsWith', operand: 'J' } },
    { built: endsWith('e'), plain: { operator: 'endsWith', operand: 'e' } },
    { built: contains('o'), plain: { operator: 'contains', operand: 'o' } },
    { built: like('^J'), plain: { operator: 'like', operand: '^J' } },
  ])('are plain data: $plain', ({ built, plain }) => {
    expect(built).toEqual(plain);
    expect(JSON.parse(JSON.stringify(built))).toEqual(plain);
  });

  it.each([
    { pattern: /^J.e$/, operand: '^J.e$' },
    { pattern: /joe/i, operand: '(?i)joe' },
    { pattern: /^joe.$/ims, operand: '(?ims)^joe.$' },
    { pattern: /joe/g, operand: 'joe' },
    { pattern: /joe/gu, operand: 'joe' },
  ])('like takes $pattern as $operand', ({ pattern, operand }) => {
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
  ])('takes the plain value %p as `is`', (value) => {
    expect(asMatcher(value)).toEqual({ operator: 'is', operand: value });
  });

  it('leaves a matcher as it is', () => {
    const matcher = startsWith('J');
    expect(asMatcher(matcher)).toBe(matcher);
  });
});

describe('storedMatcher', () => {
  it('makes of a stored condition a matcher, not a value', () => {
    const matcher = storedMatcher({ operator: 'startsWith', operand: 'J' });
    expect(asMatcher(matcher)).toBe(matcher);
    expect(matcher).toEqual(startsWith('J'));
  });
});
