import type { JsonValue } from '../base/json';
import { nearestName } from '../base/nearest';
import { quoted } from '../base/quoted';
import { OperandInvalidError } from '../errors/listener-errors';
import { EXPECTED, operandJson } from './expected';
import type { FieldKind } from './field-kind';
import {
  asMatcher,
  type Condition,
  isMatcher,
  type Matcher,
  OPERATORS,
  type Operator,
  type StoredMatcher,
} from './matcher';
import { kindsNeeded } from './operators';
import { compare, familyOf } from './order';
import { compiled } from './regex';

/** A condition as it is stored: a field, an operator and its operand. */
export interface StoredCondition {
  readonly field: string;
  readonly operator: Operator;
  /** Inert JSON. The operands of `not`, `allOf` and the like are stored matchers. */
  readonly operand: JsonValue;
}

/** Longest operand, in UTF-16 units of its JSON. */
export const MAX_OPERAND_LENGTH = 8_192;
/** Longest regular expression, in UTF-16 units, because long ones are slow to compile. */
const MAX_PATTERN_LENGTH = 1_024;
/** The deepest nesting of matchers. */
export const MAX_DEPTH = 16;
/** The most matchers in one condition. More of them are always longer than the longest operand. */
const MAX_MATCHERS = 300;

/** The stored form of a condition, checked against the kind of its field. A condition that can never match is refused. */
export function toStored(
  field: string,
  kind: FieldKind,
  matcher: Matcher,
  { members = null }: Comparable = {},
): StoredCondition {
  const place: Place = { field, kind, members, depth: 0, isPast: false, seen: { matchers: 0 } };
  const stored = { field, ...storedIn(place, matcher) };
  if (JSON.stringify(stored.operand).length > MAX_OPERAND_LENGTH)
    throw tooLong(place, matcher.operator);
  return stored;
}

/** What a field can be compared with, beside its kind. */
export interface Comparable {
  /** The only texts that the field can have: the members of an enum. Null: any. */
  readonly members?: readonly string[] | null;
}

/** Position of a matcher in a condition. */
interface Place extends Required<Comparable> {
  readonly field: string;
  readonly kind: FieldKind;
  readonly depth: number;
  /** Whether it is inside `was` or `becomes`, where no previous value exists. */
  readonly isPast: boolean;
  /** Count over the whole condition. It ends the check of a matcher that contains itself. */
  readonly seen: { matchers: number };
}

function storedIn(place: Place, matcher: Matcher): StoredMatcher {
  const { operator } = matcher;
  if (!OPERATORS.includes(operator)) throw refusal(place, operator, 'an operator that exists');
  if (place.depth > MAX_DEPTH)
    throw refusal(place, operator, `to be nested at most ${MAX_DEPTH} deep`);
  place.seen.matchers += 1;
  if (place.seen.matchers > MAX_MATCHERS) throw tooLong(place, operator);
  return { operator, operand: operandOf(place, matcher) };
}

function operandOf(place: Place, { operator, operand }: Matcher): JsonValue {
  switch (operator) {
    case 'any':
    case 'isNull':
      return null;
    case 'isTrue':
    case 'isFalse':
      expectKind(place, operator);
      return null;
    case 'is':
      return plain(place, operator, operand);
    case 'oneOf':
      return list(place, operator, operand).map((one) => plain(place, operator, one));
    case 'startsWith':
    case 'endsWith':
    case 'contains':
      return text(place, operator, operand);
    case 'like':
      return pattern(place, text(place, operator, operand));
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return ordered(place, operator, operand);
    case 'between':
      return range(place, list(place, operator, operand));
    case 'not':
      return nested(place, operand);
    case 'allOf':
    case 'anyOf':
      return list(place, operator, operand).map((one) => nested(place, one));
    case 'changed':
      expectPresent(place, operator);
      return null;
    case 'was':
    case 'becomes':
      expectPresent(place, operator);
      return nested({ ...place, isPast: true }, operand);
  }
}

function nested(place: Place, condition: unknown): StoredMatcher {
  return storedIn({ ...place, depth: place.depth + 1 }, asMatcher(condition as Condition));
}

function expectPresent(place: Place, operator: Operator): void {
  if (place.isPast) throw refusal(place, operator, 'to stand outside of was(…) and becomes(…)');
}

function expectKind(place: Place, operator: Operator): void {
  const { kind } = place;
  const kinds = kindsNeeded(operator, kind);
  if (kinds !== null)
    throw refusal(place, operator, `a column of kind ${kinds.join(', ')} or json, not ${kind}`);
}

function list(place: Place, operator: Operator, operand: unknown): readonly unknown[] {
  if (!Array.isArray(operand)) throw refusal(place, operator, 'an array');
  if (operand.length > MAX_OPERAND_LENGTH) throw tooLong(place, operator);
  // `map` skips holes, but they must be refused like `undefined`.
  return Array.from(operand);
}

function plain(place: Place, operator: Operator, operand: unknown): JsonValue {
  if (operand === null) return null;
  const json = value(place, operator, operand);
  const { members } = place;
  if (members === null || members.some((member) => member === json)) return json;
  const nearest = typeof json === 'string' ? nearestName(json, members) : null;
  const hint = nearest === null ? '' : `, probably ${quoted(nearest)}`;
  const known = members.map((member) => quoted(member)).join(', ');
  throw refusal(place, operator, `one of ${known}${hint}; got ${quoted(json)}`);
}

function value(place: Place, operator: Operator, operand: unknown): JsonValue {
  if (isMatcher(operand)) throw refusal(place, operator, 'a plain value, not a matcher');
  const json = operandJson(place.kind, operand);
  if (json === null) throw refusal(place, operator, EXPECTED[place.kind]);
  return json;
}

function ordered(place: Place, operator: Operator, operand: unknown): JsonValue {
  expectKind(place, operator);
  const json = value(place, operator, operand);
  // Without a numeric column, bigints are stored as texts, which have another order.
  const isAmbiguous = typeof operand === 'bigint' && place.kind !== 'exact';
  if (isAmbiguous || familyOf(place.kind, json) === null)
    throw refusal(place, operator, 'a value that comes before or after others');
  return json;
}

function range(place: Place, ends: readonly unknown[]): JsonValue {
  const [low = null, high = null, ...others] = ends.map((end) => ordered(place, 'between', end));
  const family = familyOf(place.kind, low);
  const isRange = family !== null && family === familyOf(place.kind, high) && others.length === 0;
  if (!isRange || compare(low, high, family) > 0)
    throw refusal(place, 'between', 'two values of one type, the lower one first');
  return [low, high];
}

function text(place: Place, operator: Operator, operand: unknown): string {
  expectKind(place, operator);
  if (typeof operand !== 'string') throw refusal(place, operator, 'a string');
  if (operand.length > MAX_OPERAND_LENGTH) throw tooLong(place, operator);
  return operand;
}

function pattern(place: Place, source: string): string {
  if (source.length > MAX_PATTERN_LENGTH) throw tooLong(place, 'like', MAX_PATTERN_LENGTH);
  compiled(source);
  return source;
}

function tooLong(
  place: Place,
  operator: Operator,
  length = MAX_OPERAND_LENGTH,
): OperandInvalidError {
  return refusal(place, operator, `at most ${length} characters`);
}

function refusal({ field }: Place, operator: Operator, expected: string): OperandInvalidError {
  return new OperandInvalidError(field, String(operator), expected);
}
