import { types } from 'node:util';
import { storable } from '../base/json';

/** What one option accepts. */
export interface Rule {
  readonly accepts: (value: unknown) => boolean;
  /** Ends the sentence "The option must be …". */
  readonly expected: string;
  /** Whether an error may repeat a text that was given. Never set for what can be a secret. */
  readonly repeatsText?: boolean;
  readonly isRequired?: boolean;
  /** Whether `undefined` is refused, which otherwise counts as left out: an unset variable would find everything. */
  readonly isCriterion?: boolean;
  /** The rules of its members, if it can be an object of options. */
  readonly members?: Rules;
}

export type Rules = Readonly<Record<string, Rule>>;

/** One rule for each option of an interface. */
export type Shape<Options extends object> = { readonly [Name in keyof Options]-?: Rule };

export const ANYTHING: Rule = { accepts: () => true, expected: 'anything' };

export const BOOLEAN: Rule = {
  accepts: (value) => typeof value === 'boolean',
  expected: 'true or false',
  repeatsText: true,
};

export const TEXT: Rule = { accepts: (value) => typeof value === 'string', expected: 'a text' };

export const TEXT_OR_NULL: Rule = {
  accepts: (value) => value === null || typeof value === 'string',
  expected: 'a text or null',
};

/** A text that PostgreSQL can store, so that a statement with it does not fail. */
export const STORABLE: Rule = {
  accepts: isStorable,
  expected: 'a text without NUL and unpaired surrogates',
};

export const STORABLE_OR_NULL: Rule = {
  accepts: (value) => value === null || isStorable(value),
  expected: `${STORABLE.expected}, or null`,
};

/** A class is no function that can be called. */
export const FUNCTION: Rule = {
  accepts: (value) => typeof value === 'function' && !/^class\b/.test(String(value)),
  expected: 'a function',
};

/** A TypeORM `EntityManager`. */
export const MANAGER: Rule = {
  accepts: (value) => isOptions(value) && typeof value.transaction === 'function',
  expected: 'an EntityManager',
};

/** The first moment of the year 1. The timestamps of PostgreSQL do not reach as far back as a Date. */
const FIRST_MS = -62_135_596_800_000;
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

export const DATE: Rule = {
  accepts: (value) =>
    types.isDate(value) && value.getTime() >= FIRST_MS && value.getTime() <= LAST_MS,
  expected: 'a valid Date, of the years 1 to 9999',
};

export function required(rule: Rule): Rule {
  return { ...rule, isRequired: true };
}

/** What rows must have to be found. */
export function criterion(rule: Rule): Rule {
  return { ...rule, isCriterion: true };
}

/** A number within bounds, both included. Without a maximum, `Infinity` is accepted only if `maximum` says so. */
export function numberFrom(minimum: number, maximum: number = Number.MAX_VALUE): Rule {
  return {
    accepts: (value) => typeof value === 'number' && value >= minimum && value <= maximum,
    expected: `a number ${bounds(minimum, maximum)}`,
    repeatsText: true,
  };
}

/** A whole number within bounds, both included. */
export function wholeNumberFrom(minimum: number, maximum: number = Number.MAX_VALUE): Rule {
  return {
    accepts: (value) =>
      Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum,
    expected: `a whole number ${bounds(minimum, maximum)}`,
    repeatsText: true,
  };
}

function bounds(minimum: number, maximum: number): string {
  return maximum >= Number.MAX_VALUE ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
}

export function oneOf(...values: readonly string[]): Rule {
  return {
    accepts: (value) => values.some((one) => one === value),
    expected: listed(values.map((value) => `'${value}'`)),
    repeatsText: true,
  };
}

export function listOf(accepts: (value: unknown) => boolean, expected: string): Rule {
  return { accepts: (value) => isListOf(accepts, value), expected };
}

/** Whether each member is accepted. A hole counts as `undefined`. */
export function isListOf(accepts: (value: unknown) => boolean, value: unknown): boolean {
  return Array.isArray(value) && Array.from<unknown>(value).every(accepts);
}

/** An object whose members are checked elsewhere. */
export const OPTIONS: Rule = { accepts: isOptions, expected: 'an object of options' };

/** Where an HTTP handler is mounted. */
export const BASE_PATH: Rule = {
  accepts: (value) => typeof value === 'string' && /^(\/[^?#\s]*)?$/.test(value),
  expected: "a path that begins with '/'",
  repeatsText: true,
};

/** Changes, or what makes them. */
export const CHANGES: Rule = {
  accepts: (value) => isOptions(value) || FUNCTION.accepts(value),
  expected: 'an object of options, or a function that returns one',
};

/** An object of options, each with its own rule. */
export function optionsOf<Options extends object>(members: Shape<Options>): Rule {
  return { ...OPTIONS, members };
}

/** Whether a value can be read as options: no array, and no `Map`, `Date` or other built-in object. */
export function isOptions(value: unknown): value is Readonly<Record<string, unknown>> {
  return Object.prototype.toString.call(value) === '[object Object]';
}

/** `a, b or c`. */
function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} or ${last}` : last;
}

function isStorable(value: unknown): boolean {
  return typeof value === 'string' && storable(value) === value;
}
