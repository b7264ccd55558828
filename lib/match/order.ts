import Big from 'big.js';
import type { JsonValue } from '../base/json';
import type { FieldKind } from './field-kind';
import { dateNumber, instantMs, isNumericText, timeNs } from './readings';

/** How values are put in order. */
export type Family = 'number' | 'exact' | 'text' | 'instant' | 'date' | 'time';

/**
 * How this value of such a column is put in order; null where it is not: null, booleans, lists, bytes, objects, NaN, and what no
 * such column holds. `json` and `unknown` go by the value itself.
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

/** Negative where `a` comes first, zero where neither does. Both must be of that family. Text goes by code point. */
export function compare(a: JsonValue, b: JsonValue, family: Family): number {
  if (family === 'text') return compareText(String(a), String(b));
  const [left, right] = [approximate(a, family), approximate(b, family)];
  if (left !== right) return left < right ? -1 : 1;
  return family === 'exact' ? compareExact(String(a), String(b)) : 0;
}

/** A number that never puts two values the wrong way round, though it may not tell them apart. */
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

// JSON knows no NaN, but whoever makes an event by hand may not know that.
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

/** Of numbers that no double tells apart: long ones, and those beyond its range, which it takes for infinite. */
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
  // Where they part in the middle of a surrogate pair, the code points part one unit earlier.
  const start = at > 0 && a.codePointAt(at - 1) !== b.codePointAt(at - 1) ? at - 1 : at;
  return Math.sign((a.codePointAt(start) ?? 0) - (b.codePointAt(start) ?? 0));
}
