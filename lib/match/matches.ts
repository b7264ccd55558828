import Big from 'big.js';
import { type JsonValue, sameJson } from '../json';
import type { FieldKind } from './field-kind';
import { SPECIAL_NUMBERS, type StoredCondition } from './operand';
import { compiled } from './regex';

/**
 * Whether a value of an event satisfies a stored condition. `undefined` means that the field is absent, which only `any` accepts.
 * A value of another type never matches and never throws.
 */
export function matches(
  { operator, operand }: Pick<StoredCondition, 'operator' | 'operand'>,
  value: JsonValue | undefined,
  kind: FieldKind,
): boolean {
  if (operator === 'any') return true;
  if (value === undefined) return false;
  if (operator === 'is') return equal(value, operand, kind);
  if (typeof value !== 'string' || typeof operand !== 'string') return false;
  switch (operator) {
    case 'startsWith':
      return value.startsWith(operand);
    case 'endsWith':
      return value.endsWith(operand);
    case 'contains':
      return value.includes(operand);
    case 'like':
      return compiled(operand).matcher(value).find();
  }
}

/** Equality of two JSON values as their column understands it. */
export function equal(a: JsonValue, b: JsonValue, kind: FieldKind): boolean {
  if (a === b) return true;
  if (a === null || b === null) return false;
  if (kind === 'exact') return sameNumber(a, b);
  if (kind === 'instant') return sameInstant(a, b);
  return sameJson(a, b);
}

function sameNumber(a: JsonValue, b: JsonValue): boolean {
  // An array of one number, as a text, would read like that number; some objects have no text at all.
  if (typeof a === 'object' || typeof b === 'object') return false;
  const [left, right] = [String(a), String(b)];
  if (SPECIAL_NUMBERS.has(left) || SPECIAL_NUMBERS.has(right)) return left === right;
  try {
    return new Big(left).eq(right);
  } catch {
    return false;
  }
}

function sameInstant(a: JsonValue, b: JsonValue): boolean {
  return typeof a === 'string' && typeof b === 'string' && Date.parse(a) === Date.parse(b);
}
