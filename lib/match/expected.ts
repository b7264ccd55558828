import Big from 'big.js';
import { isJson, type JsonValue, toJson } from '../base/json';
import type { FieldKind } from './field-kind';
import { dateNumber, instantMs, isNumericText, SPECIAL_NUMBERS, timeNs } from './readings';

/** The deepest nesting of an operand, because values are compared recursively. */
const MAX_JSON_DEPTH = 64;
/** The most digits of an exact operand before or after its decimal point. It is stored without an exponent. */
const MAX_PLACES = 8_192;

/** The values that a field of this kind can be compared with, for error messages. */
export const EXPECTED: Readonly<Record<FieldKind, string>> = {
  text: 'a string',
  number: 'a finite number',
  exact: 'a number, a bigint or a numeric string',
  boolean: 'true or false',
  instant: 'a valid Date or an ISO 8601 string',
  date: 'a string like "2026-12-31"',
  time: 'a string like "23:59:00"',
  json: 'a JSON value, nested at most 64 deep',
  list: 'an array, nested at most 64 deep',
  bytes: 'bytes or base64 text',
  unknown: 'a JSON value, nested at most 64 deep',
};

/** The operand as it is stored. Null if no field of this kind can ever equal it. */
export function operandJson(kind: FieldKind, operand: unknown): JsonValue {
  switch (kind) {
    case 'text':
      return typeof operand === 'string' ? operand : null;
    case 'number':
      return typeof operand === 'number' ? toJson(operand) : null;
    case 'exact':
      return canonicalNumber(operand);
    case 'boolean':
      return typeof operand === 'boolean' ? operand : null;
    case 'instant':
      return canonicalInstant(operand);
    case 'date':
      return textThat(operand, dateNumber);
    case 'time':
      return textThat(operand, timeNs);
    case 'list':
      return Array.isArray(operand) ? jsonOf(operand) : null;
    case 'bytes':
      return typeof operand === 'string' || operand instanceof Uint8Array ? toJson(operand) : null;
    case 'json':
    case 'unknown':
      return jsonOf(operand);
  }
}

function canonicalNumber(operand: unknown): string | null {
  if (!['string', 'number', 'bigint'].includes(typeof operand)) return null;
  // PostgreSQL accepts a leading plus, big.js does not.
  const text = String(operand).replace(/^\+/, '');
  if (SPECIAL_NUMBERS.has(text)) return typeof operand === 'string' ? text : null;
  if (!isNumericText(text)) return null;
  const number = new Big(text);
  if (Math.abs(number.e) > MAX_PLACES) return null;
  // big.js keeps the sign of a zero.
  return number.eq(0) ? '0' : number.toFixed();
}

function canonicalInstant(operand: unknown): string | null {
  if (operand instanceof Date) return jsonOf(operand) as string | null;
  const ms = typeof operand === 'string' ? instantMs(operand) : null;
  return ms === null ? null : new Date(ms).toISOString();
}

function textThat(operand: unknown, read: (text: string) => number | null): string | null {
  return typeof operand === 'string' && read(operand) !== null ? operand : null;
}

function jsonOf(operand: unknown): JsonValue {
  return isJson(operand, MAX_JSON_DEPTH) ? toJson(operand) : null;
}
