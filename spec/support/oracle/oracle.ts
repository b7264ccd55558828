import { RE2JS } from 're2js';
import type { HookEvent } from '../../../lib';
import { order, same } from './oracle-values';

/** A condition in a neutral form. The matcher of a listener and the answer of the oracle are made from it independently. */
export type Term =
  | { readonly op: 'any' | 'changed' | 'isNull' | 'isTrue' | 'isFalse' }
  | { readonly op: 'is' | 'gt' | 'gte' | 'lt' | 'lte'; readonly operand: unknown }
  | { readonly op: 'oneOf'; readonly operand: readonly unknown[] }
  | { readonly op: 'between'; readonly operand: readonly [unknown, unknown] }
  | { readonly op: 'startsWith' | 'endsWith' | 'contains' | 'like'; readonly operand: string }
  | { readonly op: 'not' | 'was' | 'becomes'; readonly operand: Term }
  | { readonly op: 'allOf' | 'anyOf'; readonly operand: readonly Term[] };

/** The declared type of a column. Fields of defined hooks count as computed ones. */
export type ColumnType =
  | 'varchar'
  | 'int'
  | 'float8'
  | 'bigint'
  | 'numeric'
  | 'boolean'
  | 'timestamptz'
  | 'date'
  | 'time'
  | 'jsonb'
  | 'text[]'
  | 'computed';

/** The provided fields of each hook. */
export type ColumnTypes = Readonly<Record<string, Readonly<Record<string, ColumnType>>>>;

/** What one listener wants. */
export interface Wish {
  readonly id: string;
  /** Null if the listener has a pattern. */
  readonly hook: string | null;
  readonly pattern: string | null;
  readonly operations: readonly string[] | null;
  readonly owner: string | null;
  readonly match: readonly { readonly field: string; readonly term: Term }[];
}

/** The ids of the listeners that want an event. Asks each one by the rules of the design, without optimisation. */
export function wantedBy(
  wishes: Iterable<Wish>,
  event: HookEvent,
  types: ColumnTypes,
): readonly string[] {
  return [...wishes].filter((wish) => wants(wish, event, types)).map(({ id }) => id);
}

export function wants(wish: Wish, event: HookEvent, types: ColumnTypes): boolean {
  const { hook, pattern, operations, owner, match } = wish;
  if (hook !== null && hook !== event.hook) return false;
  if (pattern !== null && !covers(pattern, event.name)) return false;
  if (operations !== null && !operations.some((one) => one === event.operation)) return false;
  if (owner !== null && owner !== event.sender) return false;
  return match.every(({ field, term }) => {
    const type = types[event.hook]?.[field];
    return type !== undefined && holds(term, momentOf(event, field, type));
  });
}

function covers(pattern: string, name: string): boolean {
  if (pattern === '*' || pattern === name) return true;
  const [first, ...rest] = name.split('.');
  return rest.length > 0 && (pattern === `${first}.*` || pattern === `*.${rest.join('.')}`);
}

/** One field of one event. An absent value is undefined. */
interface Moment {
  readonly type: ColumnType;
  readonly now: unknown;
  readonly before: unknown;
  readonly isNew: boolean;
  readonly isGone: boolean;
  readonly hasChanged: boolean;
}

function momentOf(event: HookEvent, field: string, type: ColumnType): Moment {
  const isNew = event.operation === 'insert' || event.operation === null;
  const isGone = event.operation === 'remove';
  const now = event.data[field];
  const before = isGone ? now : event.previous?.[field];
  const hasChanged = isNew || (!isGone && event.changed.includes(field));
  return { type, now, before, isNew, isGone, hasChanged };
}

function holds(term: Term, moment: Moment): boolean {
  const { type, now, isNew, isGone, hasChanged } = moment;
  const asBefore: Moment = { ...moment, now: moment.before };
  if (term.op === 'any') return true;
  if (term.op === 'allOf') return term.operand.every((member) => holds(member, moment));
  if (term.op === 'anyOf') return term.operand.some((member) => holds(member, moment));
  if (now === undefined) return false;
  switch (term.op) {
    case 'not':
      return !holds(term.operand, moment);
    case 'changed':
      return hasChanged;
    case 'was':
      return !isNew && holds(term.operand, asBefore);
    case 'becomes':
      if (isGone || !holds(term.operand, moment)) return false;
      return isNew || !holds(term.operand, asBefore);
    case 'isNull':
      return now === null;
    case 'isTrue':
      return now === true;
    case 'isFalse':
      return now === false;
    case 'is':
      return same(now, term.operand, type);
    case 'oneOf':
      return term.operand.some((one) => same(now, one, type));
    case 'gt':
      return compares(now, term.operand, type, (sign) => sign > 0);
    case 'gte':
      return compares(now, term.operand, type, (sign) => sign >= 0);
    case 'lt':
      return compares(now, term.operand, type, (sign) => sign < 0);
    case 'lte':
      return compares(now, term.operand, type, (sign) => sign <= 0);
    case 'between': {
      const [low, high] = term.operand;
      const isHighEnough = compares(now, low, type, (sign) => sign >= 0);
      return isHighEnough && compares(now, high, type, (sign) => sign <= 0);
    }
    case 'like':
      return isText(now, type) && compiled(term.operand).matcher(now).find();
    case 'startsWith':
      return isText(now, type) && now.startsWith(term.operand);
    case 'endsWith':
      return isText(now, type) && now.endsWith(term.operand);
    case 'contains':
      return isText(now, type) && now.includes(term.operand);
  }
}

const patterns = new Map<string, RE2JS>();

function compiled(pattern: string): RE2JS {
  const known = patterns.get(pattern) ?? RE2JS.compile(pattern);
  patterns.set(pattern, known);
  return known;
}

function compares(
  now: unknown,
  operand: unknown,
  type: ColumnType,
  accepts: (sign: number) => boolean,
): boolean {
  const sign = order(now, operand, type);
  return sign !== null && accepts(sign);
}

/** Dates, times and exact numbers are strings in events but do not count as text. */
function isText(value: unknown, type: ColumnType): value is string {
  return typeof value === 'string' && ['varchar', 'jsonb', 'computed'].includes(type);
}
