import { isDeepStrictEqual, types } from 'node:util';
import Big from 'big.js';
import type { ColumnType } from './oracle';

/** Whether a value of an event equals the operand by the type of its column. */
export function same(value: unknown, term: unknown, type: ColumnType): boolean {
  const operand = inJson(term);
  if (value === null || operand === null) return value === operand;
  switch (type) {
    case 'bigint':
    case 'numeric':
      return isNotANumber(value) || isNotANumber(operand)
        ? isNotANumber(value) && isNotANumber(operand)
        : order(value, operand, type) === 0;
    case 'timestamptz':
      return order(value, operand, type) === 0;
    case 'jsonb':
    case 'text[]':
    case 'computed':
      return isDeepStrictEqual(withoutNegativeZero(value), withoutNegativeZero(operand));
    default:
      return value === operand;
  }
}

/** Negative, zero or positive as the value is below, at or above the operand. Null if the two have no order. */
export function order(of: unknown, term: unknown, type: ColumnType): number | null {
  const [value, operand] = [inJson(of), inJson(term)];
  switch (type) {
    case 'varchar':
      return orderOf(value, operand, 'string');
    case 'int':
    case 'float8':
      return orderOf(value, operand, 'number');
    case 'bigint':
    case 'numeric':
      return exactOrder(value, operand);
    case 'timestamptz':
      return numbersOrder(instant(value), instant(operand));
    case 'date':
      return numbersOrder(day(value), day(operand));
    case 'time':
      return numbersOrder(timeOfDay(value), timeOfDay(operand));
    case 'jsonb':
    case 'computed':
      return orderOf(value, operand, 'number') ?? orderOf(value, operand, 'string');
    case 'boolean':
    case 'text[]':
      return null;
  }
}

/** Events and operands are JSON, in which bigints and dates are texts. */
function inJson(operand: unknown): unknown {
  if (typeof operand === 'bigint') return String(operand);
  // Includes a date from another process, which belongs to another realm in jest.
  return types.isDate(operand) ? operand.toISOString() : operand;
}

function codePoints(text: string): readonly number[] {
  return Array.from(text, (character) => character.codePointAt(0) as number);
}

function orderOf(value: unknown, operand: unknown, type: 'string' | 'number'): number | null {
  if (typeof value !== type || typeof operand !== type) return null;
  return type === 'number'
    ? numbersOrder(value as number, operand as number)
    : textOrder(codePoints(value as string), codePoints(operand as string));
}

function textOrder(a: readonly number[], b: readonly number[]): number {
  const n = a.findIndex((point, place) => point !== b[place]);
  if (n < 0) return a.length - b.length;
  return n < b.length ? (a[n] as number) - (b[n] as number) : 1;
}

/** Null if one of them is not a number. */
function numbersOrder(a: number, b: number): number | null {
  if (a === b) return 0;
  if (a < b) return -1;
  return a > b ? 1 : null;
}

function exactOrder(value: unknown, operand: unknown): number | null {
  if (!isExact(value) || !isExact(operand)) return null;
  if (isNotANumber(value) || isNotANumber(operand)) return null;
  const [a, b] = [Number(value), Number(operand)];
  if (/Infinity/.test(`${value}${operand}`)) return numbersOrder(a, b);
  return big(value).cmp(big(operand));
}

function big(value: unknown): Big {
  return new Big(String(value).replace(/^\+/, ''));
}

function isExact(value: unknown): boolean {
  if (typeof value === 'string')
    return /^([+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|-?Infinity|NaN)$/i.test(value);
  return typeof value === 'number';
}

function isNotANumber(value: unknown): boolean {
  return value === 'NaN';
}

function instant(value: unknown): number {
  const isIso = typeof value === 'string' && /^([+-]\d{6}|\d{4})-\d\d-\d\d/.test(value);
  return isIso ? Date.parse(value) : Number.NaN;
}

/** PostgreSQL's text of a date: `0044-03-15 BC`, `10000-01-01`, `infinity`. There is no year 0: 1 BC comes before AD 1. */
function day(value: unknown): number {
  if (value === 'infinity') return Number.POSITIVE_INFINITY;
  if (value === '-infinity') return Number.NEGATIVE_INFINITY;
  const parts = /^(\d{4,})-(\d\d)-(\d\d)( BC)?$/.exec(String(value));
  if (!parts) return Number.NaN;
  const [, year, month, date, isBefore] = parts;
  return (isBefore ? 1 - Number(year) : Number(year)) * 10_000 + Number(month) * 100 + Number(date);
}

function timeOfDay(value: unknown): number {
  const parts = /^(\d\d):(\d\d):(\d\d(?:\.\d+)?)$/.exec(String(value));
  if (!parts) return Number.NaN;
  const [, hours, minutes, seconds] = parts;
  return Math.round((Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1e6);
}

function withoutNegativeZero(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
