import { types } from 'node:util';
import { isPlainObject, type JsonValue } from '../base/json';
import type { Common, ComparableWith, OrderedValue, PlainValue } from './values';

export const OPERATORS = [
  'any',
  'is',
  'isNull',
  'isTrue',
  'isFalse',
  'oneOf',
  'startsWith',
  'endsWith',
  'contains',
  'like',
  'gt',
  'gte',
  'lt',
  'lte',
  'between',
  'not',
  'allOf',
  'anyOf',
  'changed',
  'was',
  'becomes',
] as const;

/** The name of a condition, as it is stored with a listener. */
export type Operator = (typeof OPERATORS)[number];

declare const JUDGES: unique symbol;

/**
 * One condition on one field, as the functions below build it. `Value` tells TypeScript which values it can judge: `startsWith('x')`
 * is a `Matcher<string>`. Every matcher is a `Matcher`.
 */
export interface Matcher<in Value = never> {
  readonly operator: Operator;
  readonly operand: unknown;
  /** For TypeScript only; it does not exist at run time. */
  readonly [JUDGES]: (value: Value) => void;
}

/** A condition on a field in `match({ … })`: a matcher, or a plain value, which means `is`. */
export type Condition = Matcher | PlainValue;

/** The values that all of these conditions can judge. */
type JudgeableBy<C> = Common<
  C extends Matcher<infer Value> ? (value: Value) => void : (value: ComparableWith<C>) => void
>;

/**
 * True for every event, even if the field is absent.
 *
 * @example
 * hooks.for(Person).listener(url).match({ address: any() });
 */
export function any(): Matcher<unknown> {
  return build('any', null);
}

/**
 * Strict equality: `is(1)` does not match `'1'`. Dates compare as instants, bigint and decimal columns as numbers, JSON by value.
 *
 * @example
 * hooks.for(Person).listener(url).match({ name: is('Joe') }); // the same as { name: 'Joe' }
 */
export function is<const Operand extends PlainValue>(
  value: Operand,
): Matcher<ComparableWith<Operand>> {
  return build('is', value);
}

/**
 * The value is null. An absent field does not match.
 *
 * @example
 * hooks.for(Person).listener(url).match({ address: isNull() });
 */
export function isNull(): Matcher<unknown> {
  return build('isNull', null);
}

/**
 * The value is the boolean `true`.
 *
 * @example
 * hooks.listen('account.*', url).match({ isOpen: isTrue() });
 */
export function isTrue(): Matcher<boolean> {
  return build('isTrue', null);
}

/**
 * The value is the boolean `false`.
 *
 * @example
 * hooks.listen('account.*', url).match({ isOpen: isFalse() });
 */
export function isFalse(): Matcher<boolean> {
  return build('isFalse', null);
}

/**
 * The value equals one of these, compared as by `is`. An empty list matches nothing.
 *
 * @example
 * hooks.for(Person).listener(url).match({ status: oneOf(['new', 'active']) });
 */
export function oneOf<const Operand extends PlainValue>(
  values: readonly Operand[],
): Matcher<ComparableWith<Operand>> {
  return build('oneOf', values);
}

/**
 * The text begins with `prefix`. Case-sensitive, by code point; `''` matches every text.
 *
 * @example
 * hooks.for(Person).listener(url).match({ name: startsWith('J') });
 */
export function startsWith(prefix: string): Matcher<string> {
  return build('startsWith', prefix);
}

/**
 * The text ends with `suffix`. Case-sensitive, by code point; `''` matches every text.
 *
 * @example
 * hooks.for(Person).listener(url).match({ name: endsWith('son') });
 */
export function endsWith(suffix: string): Matcher<string> {
  return build('endsWith', suffix);
}

/**
 * The text contains `part`. Case-sensitive, by code point; `''` matches every text.
 *
 * @example
 * hooks.for(Person).listener(url).match({ address: contains('Rome') });
 */
export function contains(part: string): Matcher<string> {
  return build('contains', part);
}

/**
 * An unanchored search in RE2 syntax. Of a `RegExp`, the source and the flags `i`, `m` and `s` are used.
 *
 * @see https://github.com/google/re2/wiki/Syntax
 *
 * @example
 * hooks.for(Person).listener(url).match({ name: like(/^j.*son$/i) });
 */
export function like(pattern: string | RegExp): Matcher<string> {
  return build('like', types.isRegExp(pattern) ? re2(pattern) : pattern);
}

/**
 * Greater. Numbers compare by value, dates and times as instants, texts by code point.
 *
 * @example
 * hooks.for(Person).listener(url).match({ age: gt(17) });
 */
export function gt<const Operand extends OrderedValue>(
  value: Operand,
): Matcher<ComparableWith<Operand>> {
  return build('gt', value);
}

/**
 * Greater or equal, compared as by `gt`.
 *
 * @example
 * hooks.for(Person).listener(url).match({ age: gte(18) });
 */
export function gte<const Operand extends OrderedValue>(
  value: Operand,
): Matcher<ComparableWith<Operand>> {
  return build('gte', value);
}

/**
 * Less, compared as by `gt`.
 *
 * @example
 * hooks.for(Person).listener(url).match({ age: lt(65) });
 */
export function lt<const Operand extends OrderedValue>(
  value: Operand,
): Matcher<ComparableWith<Operand>> {
  return build('lt', value);
}

/**
 * Less or equal, compared as by `gt`.
 *
 * @example
 * hooks.for(Person).listener(url).match({ age: lte(64) });
 */
export function lte<const Operand extends OrderedValue>(
  value: Operand,
): Matcher<ComparableWith<Operand>> {
  return build('lte', value);
}

/**
 * Not less than `low` and not greater than `high`, compared as by `gt`.
 *
 * @example
 * hooks.for(Person).listener(url).match({ age: between(18, 64) });
 */
export function between<const Low extends OrderedValue, const High extends OrderedValue>(
  low: Low,
  high: High,
): Matcher<ComparableWith<Low | High>> {
  return build('between', [low, high]);
}

/**
 * The field is present and the condition is false. Null counts as present.
 *
 * @example
 * hooks.for(Person).listener(url).match({ name: not(startsWith('J')) });
 */
export function not<const C extends Condition>(condition: C): Matcher<JudgeableBy<C>> {
  return build('not', condition);
}

/**
 * All of the conditions hold. Without conditions, every event matches.
 *
 * @example
 * hooks.for(Person).listener(url).match({ name: allOf(startsWith('J'), endsWith('son')) });
 */
export function allOf<const Conditions extends readonly Condition[]>(
  ...conditions: Conditions
): Matcher<JudgeableBy<Conditions[number]>> {
  return build('allOf', conditions);
}

/**
 * At least one of the conditions holds. Without conditions, no event matches.
 *
 * @example
 * hooks.for(Person).listener(url).match({ name: anyOf('Joe', startsWith('Ann')) });
 */
export function anyOf<const Conditions extends readonly Condition[]>(
  ...conditions: Conditions
): Matcher<JudgeableBy<Conditions[number]>> {
  return build('anyOf', conditions);
}

/**
 * The value differs from the previous one. True on insert, false on remove.
 *
 * @example
 * hooks.for(Person).listener(url).match({ address: changed() });
 */
export function changed(): Matcher<unknown> {
  return build('changed', null);
}

/**
 * The previous value satisfied the condition. False on insert; on remove, the old value is judged.
 *
 * @example
 * hooks.for(Person).listener(url).match({ status: was('active') });
 */
export function was<const C extends Condition>(condition: C): Matcher<JudgeableBy<C>> {
  return build('was', condition);
}

/**
 * The value satisfies the condition now and did not before. On insert, nothing did before; on remove, it is false.
 *
 * @example
 * hooks.for(Person).listener(url).match({ status: becomes('active') });
 */
export function becomes<const C extends Condition>(condition: C): Matcher<JudgeableBy<C>> {
  return build('becomes', condition);
}

/** A condition as a matcher: a plain value means `is`. */
export function asMatcher(condition: Condition): Matcher {
  return isMatcher(condition) ? condition : is(condition);
}

/** Whether it was built by one of the functions above. */
export function isMatcher(condition: unknown): condition is Matcher {
  return isPlainObject(condition) && MATCHER in condition;
}

/** Builds the matcher that was stored. */
export function storedMatcher({ operator, operand }: StoredMatcher): Matcher {
  switch (operator) {
    case 'not':
    case 'was':
    case 'becomes':
      return build(operator, storedMatcher(operand as StoredMatcher));
    case 'allOf':
    case 'anyOf':
      return build(operator, (operand as readonly StoredMatcher[]).map(storedMatcher));
    default:
      return build(operator, operand);
  }
}

/** A matcher as it is stored: the operand is inert JSON; the operands of nested matchers are stored matchers. */
export type StoredMatcher = { readonly operator: Operator; readonly operand: JsonValue };

// Without this mark, a JSON column could not be compared with an object that looks like a matcher.
const MATCHER = Symbol.for('typeorm-model-hooks.matcher');

function build<Value>(operator: Operator, operand: unknown): Matcher<Value> {
  return Object.defineProperty({ operator, operand }, MATCHER, { value: true }) as Matcher<Value>;
}

function re2(pattern: RegExp): string {
  const flags = [...pattern.flags].filter((flag) => 'ims'.includes(flag)).join('');
  return flags ? `(?${flags})${pattern.source}` : pattern.source;
}
