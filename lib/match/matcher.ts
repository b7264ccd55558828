import { types } from 'node:util';
import { isPlainObject, type JsonValue } from '../json';

/** A value that a field may be compared with. */
export type Plain = JsonValue | bigint | Date | Uint8Array;

/** One condition on one field, as the functions below build it. */
export type Matcher =
  | { readonly operator: 'any' }
  | { readonly operator: 'is'; readonly operand: Plain }
  | { readonly operator: 'startsWith' | 'endsWith' | 'contains'; readonly operand: string }
  | { readonly operator: 'like'; readonly operand: string };

export type Operator = Matcher['operator'];

/** What may stand for a field in `match({ … })`: a matcher, or a plain value, which means `is`. */
export type Condition = Matcher | Plain;

/** True for every event, even where the field is absent. */
export function any(): Matcher {
  return brand({ operator: 'any' });
}

/** Strict equality: `is(1)` does not match `'1'`. Dates compare as instants, bigint and decimal columns as numbers, JSON by value. */
export function is(value: Plain): Matcher {
  return brand({ operator: 'is', operand: value });
}

/** Case-sensitive, by code point; `''` matches every text. */
export function startsWith(prefix: string): Matcher {
  return brand({ operator: 'startsWith', operand: prefix });
}

/** Case-sensitive, by code point; `''` matches every text. */
export function endsWith(suffix: string): Matcher {
  return brand({ operator: 'endsWith', operand: suffix });
}

/** Case-sensitive, by code point; `''` matches every text. */
export function contains(part: string): Matcher {
  return brand({ operator: 'contains', operand: part });
}

/**
 * An unanchored search in RE2 syntax. A `RegExp` hands over its source and its flags `i`, `m` and `s`.
 *
 * @see https://github.com/google/re2/wiki/Syntax
 */
export function like(pattern: string | RegExp): Matcher {
  return brand({ operator: 'like', operand: types.isRegExp(pattern) ? re2(pattern) : pattern });
}

/** The matcher that a condition means. */
export function asMatcher(condition: Condition): Matcher {
  return isMatcher(condition) ? condition : is(condition);
}

/** The matcher that a stored condition holds. */
export function storedMatcher(condition: {
  readonly operator: Operator;
  readonly operand: JsonValue;
}): Matcher {
  // Only what `toStored` let in is stored, so operator and operand fit.
  return brand({ operator: condition.operator, operand: condition.operand } as Matcher);
}

// Without a mark, a JSON column could not be compared with an object that happens to look like a matcher.
const MATCHER = Symbol.for('typeorm-model-hooks.matcher');

function brand(matcher: Matcher): Matcher {
  return Object.defineProperty({ ...matcher }, MATCHER, { value: true });
}

function isMatcher(condition: Condition): condition is Matcher {
  return isPlainObject(condition) && MATCHER in condition;
}

function re2(pattern: RegExp): string {
  const flags = [...pattern.flags].filter((flag) => 'ims'.includes(flag)).join('');
  return flags ? `(?${flags})${pattern.source}` : pattern.source;
}
