import { expectTypeOf } from 'expect-type';
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
  isFalse,
  isNull,
  isTrue,
  like,
  lt,
  type Matcher,
  not,
  oneOf,
  startsWith,
  was,
} from '../../lib';

describe('a matcher', () => {
  it('The type of a matcher names what its operand can be compared with', () => {
    expectTypeOf(is('a')).toEqualTypeOf<Matcher<string | Date | bigint | Uint8Array>>();
    expectTypeOf(gt(1)).toEqualTypeOf<Matcher<number | string | bigint>>();
    expectTypeOf(lt(1n)).toEqualTypeOf<Matcher<number | string | bigint>>();
    expectTypeOf(gt(new Date())).toEqualTypeOf<Matcher<Date | string>>();
    expectTypeOf(is(true)).toEqualTypeOf<Matcher<boolean>>();
    expectTypeOf(isTrue()).toEqualTypeOf<Matcher<boolean>>();
    expectTypeOf(isFalse()).toEqualTypeOf<Matcher<boolean>>();
    expectTypeOf(startsWith('a')).toEqualTypeOf<Matcher<string>>();
    for (const judgesAll of [is(null), any(), changed(), isNull()])
      expectTypeOf(judgesAll).toEqualTypeOf<Matcher<unknown>>();
  });

  it('A matcher with several operands accepts only fields that all of them can be compared with', () => {
    expectTypeOf(oneOf(['a', 'b', null])).toEqualTypeOf(is('a'));
    expectTypeOf(oneOf([true, false])).toEqualTypeOf<Matcher<boolean>>();
    expectTypeOf(oneOf(['a', 1])).toExtend<Matcher<string>>();
    expectTypeOf(oneOf(['a', 1])).not.toExtend<Matcher<number>>();
    expectTypeOf(oneOf([])).toEqualTypeOf<Matcher<unknown>>();
    expectTypeOf(oneOf(['a'] as string[])).toEqualTypeOf(is('a'));
    expectTypeOf(between(1, 2n)).toEqualTypeOf(gt(1));
    expectTypeOf(between(1, 'b')).not.toExtend<Matcher<number>>();
  });

  it('A matcher around conditions accepts the fields that the conditions accept', () => {
    expectTypeOf(not(startsWith('a'))).toEqualTypeOf<Matcher<string>>();
    expectTypeOf(not(true)).toEqualTypeOf<Matcher<boolean>>();
    expectTypeOf(was('a')).toEqualTypeOf(is('a'));
    expectTypeOf(becomes(gt(1))).toEqualTypeOf(gt(1));
    expectTypeOf(allOf(gt(1), not(5), changed())).toEqualTypeOf(gt(1));
    expectTypeOf(anyOf(startsWith('a'), 'b', null)).toExtend<Matcher<string>>();
    expectTypeOf(anyOf(startsWith('a'), 'b', null)).not.toExtend<Matcher<Date>>();
    expectTypeOf(anyOf(startsWith('a'), isTrue())).toEqualTypeOf<Matcher<never>>();
    expectTypeOf(allOf()).toEqualTypeOf<Matcher<unknown>>();
    expectTypeOf(allOf(...[startsWith('a')])).toEqualTypeOf<Matcher<string>>();
  });

  it('The parameter of a matcher function is a type that it can compare with', () => {
    expectTypeOf(is)
      .parameter(0)
      .extract<bigint | Date | null>()
      .toEqualTypeOf<bigint | Date | null>();
    expectTypeOf(like).parameter(0).toEqualTypeOf<string | RegExp>();
  });

  it('A built matcher is a Matcher, and a plain object is not', () => {
    expectTypeOf<Matcher<string>>().toExtend<Matcher>();
    expectTypeOf<Matcher>().toExtend<Condition>();
    expectTypeOf<Matcher<unknown>>().toExtend<Matcher<string>>();
    expectTypeOf<Matcher<string>>().not.toExtend<Matcher<number>>();
    expectTypeOf<{ operator: 'is'; operand: string }>().not.toExtend<Matcher>();
  });

  it('A matcher with an operand of a wrong type does not compile', () => {
    const wrong = () => [
      // @ts-expect-error a prefix is text
      startsWith(1),
      // @ts-expect-error a function is no value
      is(() => 1),
      // @ts-expect-error a boolean has no order
      gt(true),
      // @ts-expect-error null has no order
      between(1, null),
      // @ts-expect-error values only
      oneOf([startsWith('a')]),
      // @ts-expect-error a list of values
      oneOf('a', 'b'),
    ];
    expectTypeOf(wrong).toBeFunction();
  });
});
