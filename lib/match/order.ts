import Big from 'big.js';
import type { JsonValue } from '../base/json';
import type { FieldKind } from './field-kind';
import { dateNumber, instantMs, isNumericText, timeNs } from './readings';

/** How values are ordered. */
export type Family = 'number' | 'exact' | 'text' | 'instant' | 'date' | 'time';

/**
 * How this value of such a column is ordered. Null for values without an order: null, booleans, lists, bytes, objects, NaN, and values of
 * another type than the column's. For `json` and `unknown`, the type of the value counts.
 */
export function familyOf(kind: FieldKind, value: JsonValue): Family | null {
  switch (kind) {
    case 'text':
      return typeof value === 'string' ? 'text' : null;
    case 'json':
    case 'unknown':
      if (typeof value === 'string') return 'text';
      return isNumber(value) ? 'number' : null;
    case 'number':
      return isNumber(value) ? 'number' : null;
    case 'exact':
      return isExact(value) ? 'exact' : null;
    case 'instant':
    case 'date':
    case 'time':
      return typeof value === 'string' && READ[kind](value) !== null ? kind : null;
    case 'boolean':
    case 'list':
    case 'bytes':
      return null;
  }
}

/** Negative if `a` comes first, zero if they are equal. Both must be of that family. Texts compare by code point. */
export function compare(a: JsonValue, b: JsonValue, family: Family): number {
  if (family === 'text') return compareText(String(a), String(b));
  const [left, right] = [approximate(a, family), approximate(b, family)];
  if (left !== right) return left < right ? -1 : 1;
  return family === 'exact' ? compareExact(String(a), String(b)) : 0;
}

/** A number with the order of the values. Values that differ can have the same number. */
export function approximate(value: JsonValue, family: Exclude<Family, 'text'>): number {
  switch (family) {
    case 'number':
    case 'exact':
      return Number(value);
    case 'instant':
    case 'date':
    case 'time':
      return READ[family](String(value)) ?? Number.NaN;
  }
}

const READ = { instant: instantMs, date: dateNumber, time: timeNs } as const;

// JSON has no NaN, but an event that a program made can hold it.
function isNumber(value: JsonValue): value is number {
  return typeof value === 'number' && !Number.isNaN(value);
}

function isExact(value: JsonValue): boolean {
  if (typeof value !== 'string') return isNumber(value);
  return isNumericText(value) || isInfinite(value);
}

function isInfinite(text: string): boolean {
  return text === 'Infinity' || text === '-Infinity';
}

/** Compares numbers whose doubles are equal: long ones, and those beyond the range of a double. */
function compareExact(a: string, b: string): number {
  if (a === b) return 0;
  if (isInfinite(a)) return a === 'Infinity' ? 1 : -1;
  if (isInfinite(b)) return b === 'Infinity' ? -1 : 1;
  return new Big(a).cmp(b);
}

// Units of UTF-16 are not in the order of code points: surrogates come before U+E000.
function compareText(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  let at = 0;
  while (at < shorter && a.charCodeAt(at) === b.charCodeAt(at)) at += 1;
  if (at === shorter) return Math.sign(a.length - b.length);
  // If the first difference is the second half of a surrogate pair, the code points differ one unit earlier.
  const start = at > 0 && a.codePointAt(at - 1) !== b.codePointAt(at - 1) ? at - 1 : at;
  return Math.sign((a.codePointAt(start) ?? 0) - (b.codePointAt(start) ?? 0));
}
