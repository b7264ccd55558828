import { types } from 'node:util';
import { isPlainObject, type JsonValue } from '../base/json';

/** A value that a field may be compared with. */
export type Plain = JsonValue | bigint | Date | Uint8Array;

/** A value that comes before or after others. */
export type Ordered = string | number | bigint | Date;

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

export type Operator = (typeof OPERATORS)[number];

declare const JUDGES: unique symbol;

/**
 * One condition on one field, as the functions below build it. `Value` says to TypeScript what it can judge: `startsWith('x')` is a
 * `Matcher<string>`. Every matcher is a `Matcher`.
 */
export interface Matcher<in Value = never> {
  readonly operator: Operator;
  readonly operand: unknown;
  /** For TypeScript only: not there at run time. */
  readonly [JUDGES]: (value: Value) => void;
}

/** What may stand for a field in `match({ … })`: a matcher, or a plain value, which means `is`. */
export type Condition = Matcher | Plain;

/** What can be compared with every one of such operands; null can be with anything. */
export type Judged<Operand> = Common<
  Operand extends null ? never : (value: JudgedByOne<Operand>) => void
>;

// TypeORM gives bigint and decimal columns as texts, so numbers judge texts too.
type JudgedByOne<Operand> = Operand extends string
  ? string | Date | bigint | Uint8Array
  : Operand extends number | bigint
    ? number | string | bigint
    : Operand extends boolean
      ? boolean
      : Operand extends Date
        ? Date | string
        : Operand extends Uint8Array
          ? Uint8Array | string
          : object;

/** What every one of these conditions can judge. */
type JudgedWith<C> = Common<
  C extends Matcher<infer Value> ? (value: Value) => void : (value: Judged<C>) => void
>;

/** What every function of a union takes; anything, where there is none. */
type Common<Judges> = [Judges] extends [never]
  ? unknown
  : [Judges] extends [(value: infer Value) => void]
    ? Value
    : never;

/** True for every event, even where the field is absent. */
export function any(): Matcher<unknown> {
  return build('any', null);
}

/** Strict equality: `is(1)` does not match `'1'`. Dates compare as instants, bigint and decimal columns as numbers, JSON by value. */
export function is<const Operand extends Plain>(value: Operand): Matcher<Judged<Operand>> {
  return build('is', value);
}

/** The value is null. An absent field is not. */
export function isNull(): Matcher<unknown> {
  return build('isNull', null);
}

/** The boolean itself. */
export function isTrue(): Matcher<boolean> {
  return build('isTrue', null);
}

/** The boolean itself. */
export function isFalse(): Matcher<boolean> {
  return build('isFalse', null);
}

/** Equal to one of these, as `is` has it. None, and nothing matches. */
export function oneOf<const Operand extends Plain>(
  values: readonly Operand[],
): Matcher<Judged<Operand>> {
  return build('oneOf', values);
}

/** Case-sensitive, by code point; `''` matches every text. */
export function startsWith(prefix: string): Matcher<string> {
  return build('startsWith', prefix);
}

/** Case-sensitive, by code point; `''` matches every text. */
export function endsWith(suffix: string): Matcher<string> {
  return build('endsWith', suffix);
}

/** Case-sensitive, by code point; `''` matches every text. */
export function contains(part: string): Matcher<string> {
  return build('contains', part);
}

/**
 * An unanchored search in RE2 syntax. A `RegExp` hands over its source and its flags `i`, `m` and `s`.
 *
 * @see https://github.com/google/re2/wiki/Syntax
 */
export function like(pattern: string | RegExp): Matcher<string> {
  return build('like', types.isRegExp(pattern) ? re2(pattern) : pattern);
}

/** Greater. Numbers by value, dates and times by when they are, texts by code point. */
export function gt<const Operand extends Ordered>(value: Operand): Matcher<Judged<Operand>> {
  return build('gt', value);
}

/** Greater or equal. */
export function gte<const Operand extends Ordered>(value: Operand): Matcher<Judged<Operand>> {
  return build('gte', value);
}

/** Less. */
export function lt<const Operand extends Ordered>(value: Operand): Matcher<Judged<Operand>> {
  return build('lt', value);
}

/** Less or equal. */
export function lte<const Operand extends Ordered>(value: Operand): Matcher<Judged<Operand>> {
  return build('lte', value);
}

/** Neither less than `low` nor greater than `high`. */
export function between<const Low extends Ordered, const High extends Ordered>(
  low: Low,
  high: High,
): Matcher<Judged<Low | High>> {
  return build('between', [low, high]);
}

/** The field is present, null counting, and the condition is false. */
export function not<const C extends Condition>(condition: C): Matcher<JudgedWith<C>> {
  return build('not', condition);
}

/** All of the conditions hold; none, and everything matches. */
export function allOf<const Conditions extends readonly Condition[]>(
  ...conditions: Conditions
): Matcher<JudgedWith<Conditions[number]>> {
  return build('allOf', conditions);
}

/** One of the conditions holds; none, and nothing matches. */
export function anyOf<const Conditions extends readonly Condition[]>(
  ...conditions: Conditions
): Matcher<JudgedWith<Conditions[number]>> {
  return build('anyOf', conditions);
}

/** The value differs from the one before. True on insert, false on remove. */
export function changed(): Matcher<unknown> {
  return build('changed', null);
}

/** The value before the change satisfied the condition. False on insert; on remove the old value is judged. */
export function was<const C extends Condition>(condition: C): Matcher<JudgedWith<C>> {
  return build('was', condition);
}

/** The value satisfies the condition now and did not before. On insert nothing did before; false on remove. */
export function becomes<const C extends Condition>(condition: C): Matcher<JudgedWith<C>> {
  return build('becomes', condition);
}

/** The matcher that a condition means. */
export function asMatcher(condition: Condition): Matcher {
  return isMatcher(condition) ? condition : is(condition);
}

/** Whether the functions above made it. */
export function isMatcher(condition: unknown): condition is Matcher {
  return isPlainObject(condition) && MATCHER in condition;
}

/** The matcher that a stored one was made from. */
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

/** A matcher as it is stored: the operand is inert JSON, members of nested ones are stored matchers. */
export type StoredMatcher = { readonly operator: Operator; readonly operand: JsonValue };

// Without a mark, a JSON column could not be compared with an object that happens to look like a matcher.
const MATCHER = Symbol.for('typeorm-model-hooks.matcher');

function build<Value>(operator: Operator, operand: unknown): Matcher<Value> {
  return Object.defineProperty({ operator, operand }, MATCHER, { value: true }) as Matcher<Value>;
}

function re2(pattern: RegExp): string {
  const flags = [...pattern.flags].filter((flag) => 'ims'.includes(flag)).join('');
  return flags ? `(?${flags})${pattern.source}` : pattern.source;
}
