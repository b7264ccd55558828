import Big from 'big.js';
import { OperandInvalidError } from '../errors';
import { type JsonValue, toJson } from '../json';
import type { FieldKind } from './field-kind';
import type { Matcher } from './matcher';
import { compiled } from './regex';

/** A condition as it is stored: the operand is inert JSON. */
export interface StoredCondition {
  readonly field: string;
  readonly operator: Matcher['operator'];
  readonly operand: JsonValue;
}

/** Longest operand, in UTF-16 units of its JSON. */
export const MAX_OPERAND_LENGTH = 8_192;

/** Checks a condition against the kind of its field and gives its stored form, so that what can never match is refused early. */
export function toStored(field: string, kind: FieldKind, matcher: Matcher): StoredCondition {
  const stored = { field, operator: matcher.operator, operand: operandOf(field, kind, matcher) };
  if (JSON.stringify(stored.operand).length > MAX_OPERAND_LENGTH)
    throw new OperandInvalidError(
      field,
      matcher.operator,
      `at most ${MAX_OPERAND_LENGTH} characters`,
    );
  return stored;
}

function operandOf(field: string, kind: FieldKind, matcher: Matcher): JsonValue {
  switch (matcher.operator) {
    case 'any':
      return null;
    case 'is':
      return matcher.operand === null ? null : comparable(field, kind, matcher.operand);
    case 'startsWith':
    case 'endsWith':
    case 'contains':
      return text(field, kind, matcher);
    case 'like':
      compiled(text(field, kind, matcher));
      return matcher.operand;
  }
}

function text(
  field: string,
  kind: FieldKind,
  { operator, operand }: { readonly operator: string; readonly operand: unknown },
): string {
  if (!['text', 'json', 'unknown'].includes(kind))
    throw new OperandInvalidError(field, operator, `a text column, but this one holds ${kind}`);
  if (typeof operand !== 'string') throw new OperandInvalidError(field, operator, 'a string');
  return operand;
}

function comparable(field: string, kind: FieldKind, operand: unknown): JsonValue {
  const { accepts, expected } = EXPECTED[kind];
  if (operand === undefined || !accepts(operand))
    throw new OperandInvalidError(field, 'is', expected);
  return kind === 'exact' ? canonicalNumber(operand) : toJson(dated(kind, operand));
}

function dated(kind: FieldKind, operand: unknown): unknown {
  return kind === 'instant' && typeof operand === 'string' ? new Date(operand) : operand;
}

function canonicalNumber(operand: unknown): string {
  return SPECIAL_NUMBERS.has(String(operand))
    ? String(operand)
    : // A leading plus is PostgreSQL's, not big.js's.
      new Big(String(operand).replace(/^\+/, '')).toFixed();
}

/** What PostgreSQL writes for numerics that are no numbers. */
export const SPECIAL_NUMBERS: ReadonlySet<string> = new Set(['NaN', 'Infinity', '-Infinity']);

interface Expectation {
  readonly accepts: (operand: unknown) => boolean;
  readonly expected: string;
}

const isText = (operand: unknown): boolean => typeof operand === 'string';
// What has no JSON would be stored as null, and match every null.
const isJson = (operand: unknown): boolean => toJson(operand) !== null;

const EXPECTED: Readonly<Record<FieldKind, Expectation>> = {
  text: { accepts: isText, expected: 'a string' },
  number: { accepts: Number.isFinite, expected: 'a finite number' },
  exact: { accepts: isNumeric, expected: 'a number, a bigint or a numeric string' },
  boolean: { accepts: (operand) => typeof operand === 'boolean', expected: 'true or false' },
  instant: { accepts: isInstant, expected: 'a valid Date or an ISO 8601 string' },
  date: { accepts: matchesText(/^\d{4,}-\d\d-\d\d$/), expected: 'a string like "2026-12-31"' },
  time: { accepts: matchesText(/^\d\d:\d\d:\d\d/), expected: 'a string like "23:59:00"' },
  json: { accepts: isJson, expected: 'a JSON value' },
  list: { accepts: Array.isArray, expected: 'an array' },
  bytes: {
    accepts: (operand) => isText(operand) || operand instanceof Uint8Array,
    expected: 'bytes or base64 text',
  },
  unknown: { accepts: isJson, expected: 'a JSON value' },
};

function isNumeric(operand: unknown): boolean {
  if (typeof operand === 'bigint') return true;
  if (typeof operand === 'number') return Number.isFinite(operand);
  if (typeof operand !== 'string') return false;
  return SPECIAL_NUMBERS.has(operand) || /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,4})?$/i.test(operand);
}

function isInstant(operand: unknown): boolean {
  if (operand instanceof Date) return !Number.isNaN(operand.getTime());
  return (
    typeof operand === 'string' &&
    /^\d{4}-\d\d-\d\d/.test(operand) &&
    !Number.isNaN(Date.parse(operand))
  );
}

function matchesText(pattern: RegExp): (operand: unknown) => boolean {
  return (operand) => typeof operand === 'string' && pattern.test(operand);
}
