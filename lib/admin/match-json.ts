import { isPlainObject, type JsonValue } from '../base/json';
import {
  type Condition,
  type Matcher,
  OPERATORS,
  type Operator,
  type StoredMatcher,
  storedMatcher,
} from '../match/matcher';
import type { StoredCondition } from '../match/operand';

/** The conditions of a listener as JSON: a value, which means `is`, or `{ operator: operand }`, by field. */
export type MatchJson = Readonly<Record<string, JsonValue>>;

/** Operators without an operand; in JSON they have `true`. */
const BARE: readonly Operator[] = ['any', 'isNull', 'isTrue', 'isFalse', 'changed'];

/** Nothing is checked here but the form; saving a listener checks the rest. */
export function conditionsOf(match: MatchJson): Readonly<Record<string, Condition>> {
  const entries = Object.entries(match).map(([field, json]): [string, Matcher] => [
    field,
    storedMatcher(matcherOf(json)),
  ]);
  return Object.fromEntries(entries);
}

function matcherOf(json: JsonValue): StoredMatcher {
  const [operator, operand] = operatorIn(json) ?? ['is', json];
  switch (operator) {
    case 'not':
    case 'was':
    case 'becomes':
      return { operator, operand: matcherOf(operand) };
    case 'allOf':
    case 'anyOf':
      return { operator, operand: Array.isArray(operand) ? operand.map(matcherOf) : [] };
    default:
      return { operator, operand: BARE.includes(operator) ? null : operand };
  }
}

/** An object with an operator as its only member. Any other object is a value to compare with. */
function operatorIn(json: JsonValue): readonly [Operator, JsonValue] | null {
  if (!isPlainObject(json)) return null;
  const [entry, ...others] = Object.entries(json as { readonly [key: string]: JsonValue });
  const operator = OPERATORS.find((one) => one === entry?.[0]);
  return entry && operator && others.length === 0 ? [operator, entry[1]] : null;
}

/** Several conditions on one field become one `allOf`. */
export function matchJson(match: readonly StoredCondition[]): MatchJson {
  const byField = new Map<string, JsonValue[]>();
  for (const condition of match) {
    const known = byField.get(condition.field) ?? [];
    byField.set(condition.field, [...known, jsonOf(condition)]);
  }
  const entries = [...byField].map(([field, [only, ...others]]): [string, JsonValue] => [
    field,
    others.length === 0 ? (only ?? null) : { allOf: [only ?? null, ...others] },
  ]);
  return Object.fromEntries(entries);
}

function jsonOf({ operator, operand }: StoredMatcher): JsonValue {
  switch (operator) {
    case 'is':
      return isPlainObject(operand) ? { is: operand } : operand;
    case 'not':
    case 'was':
    case 'becomes':
      return { [operator]: jsonOf(operand as StoredMatcher) };
    case 'allOf':
    case 'anyOf':
      return { [operator]: (operand as readonly StoredMatcher[]).map(jsonOf) };
    default:
      return { [operator]: BARE.includes(operator) ? true : operand };
  }
}
