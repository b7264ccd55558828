import { expectTypeOf } from 'expect-type';
import type { Condition, FilterOf, Matcher } from '../../../lib';
import type { Mood, Person } from './typed-person';

type Filter = FilterOf<Person>;

/** What may be term of a field. */
type On<Field extends keyof Filter> = Exclude<Filter[Field], undefined>;

/** True, or the names of the fields that do not take it. */
type TakenBy<Term, Field extends keyof Filter> = {
  [F in Field]: [Term] extends [On<F>] ? true : F;
}[Field];

describe('FilterOf', () => {
  it("A filter accepts a value of the property's type, or null", () => {
    expectTypeOf<
      TakenBy<string | null, 'name' | 'nick' | 'balance' | 'home.city' | 'author.id'>
    >().toEqualTypeOf<true>();
    expectTypeOf<
      TakenBy<string, 'author.mentor.name' | 'editor.name' | 'friends.name' | 'code' | 'at'>
    >().toEqualTypeOf<true>();
    expectTypeOf<
      TakenBy<number | null, 'id' | 'age' | 'home.floor' | 'visits' | 'code'>
    >().toEqualTypeOf<true>();
    expectTypeOf<TakenBy<bigint, 'visits'>>().toEqualTypeOf<true>();
    expectTypeOf<TakenBy<boolean | null, 'active'>>().toEqualTypeOf<true>();
    expectTypeOf<TakenBy<Date | null, 'at'>>().toEqualTypeOf<true>();
    expectTypeOf<TakenBy<Buffer | null, 'image'>>().toEqualTypeOf<true>();
    expectTypeOf<TakenBy<'a' | 'b' | null, 'kind'>>().toEqualTypeOf<true>();
    expectTypeOf<TakenBy<Mood, 'mood'>>().toEqualTypeOf<true>();
  });

  it('A filter does not accept a value of another type', () => {
    expectTypeOf<number>().not.toExtend<On<'name'>>();
    expectTypeOf<number>().not.toExtend<On<'at'>>();
    expectTypeOf<number>().not.toExtend<On<'home.city'>>();
    expectTypeOf<number>().not.toExtend<On<'friends.name'>>();
    expectTypeOf<string>().not.toExtend<On<'age'>>();
    expectTypeOf<string>().not.toExtend<On<'active'>>();
    expectTypeOf<'c'>().not.toExtend<On<'kind'>>();
    expectTypeOf<string[]>().not.toExtend<On<'name'>>();
    expectTypeOf<undefined>().not.toExtend<On<'name'>>();
  });

  it('A filter accepts the matchers that can compare the property', () => {
    expectTypeOf<
      TakenBy<Matcher<string>, 'name' | 'nick' | 'balance' | 'kind' | 'mood' | 'code'>
    >().toEqualTypeOf<true>();
    expectTypeOf<
      TakenBy<Matcher<number | string | bigint>, 'age' | 'balance' | 'visits' | 'code'>
    >().toEqualTypeOf<true>();
    expectTypeOf<TakenBy<Matcher<Date | string>, 'at' | 'name'>>().toEqualTypeOf<true>();
    expectTypeOf<TakenBy<Matcher<boolean>, 'active'>>().toEqualTypeOf<true>();
    expectTypeOf<
      TakenBy<Matcher<unknown>, 'name' | 'age' | 'active' | 'at' | 'image' | 'editor.id'>
    >().toEqualTypeOf<true>();
  });

  it("A filter does not accept a matcher that cannot compare any of the property's values", () => {
    expectTypeOf<Matcher<string>>().not.toExtend<On<'age'>>();
    expectTypeOf<Matcher<string>>().not.toExtend<On<'at'>>();
    expectTypeOf<Matcher<boolean>>().not.toExtend<On<'name'>>();
    expectTypeOf<Matcher<boolean>>().not.toExtend<On<'code'>>();
    expectTypeOf<Matcher<never>>().not.toExtend<On<'name'>>();
  });

  it('A filter accepts anything for a JSON property and for unknown fields', () => {
    expectTypeOf<TakenBy<Condition, 'tags' | 'settings' | 'extra' | 'raw'>>().toEqualTypeOf<true>();
    expectTypeOf<{ [field: string]: Condition }>().toExtend<FilterOf<Record<string, unknown>>>();
  });
});
