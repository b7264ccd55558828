import type { JsonValue } from '../../base/json';
import { approximate, type Family } from '../../match/order';
import { KEY_VERSION } from '../../store/listener-sql';

/** What a key is about: `length` is that of a prefix, suffix or gram, or the level of a range's cells. */
export interface KeyPlan {
  /** The hook or the event pattern of a listener. */
  readonly scope: string;
  /** Empty where the key is not about a field. */
  readonly field: string;
  readonly operator: KeyOperator;
  readonly length: number;
}

type ValueOperator =
  | 'is'
  | 'startsWith'
  | 'endsWith'
  | 'contains'
  | `range ${Family}`
  | `gt ${Family}`
  | `lt ${Family}`;

/** Those that begin with `was` are about the value before the change. */
export type KeyOperator =
  | 'all'
  | 'operation'
  | 'owner'
  | 'changed'
  /** No key at all: a note that somebody filters on the field. */
  | 'filter'
  | ValueOperator
  | `was ${ValueOperator}`;

/** Keys are 19 decimal digits, so that they fit a bigint: one of the kind of plan, six of the plan, twelve of the value. */
const VALUE_DIGITS = 12;
export const MAX_VALUE = 10 ** VALUE_DIGITS - 1;
const PLANS = 1_000_000;

/** The first seven digits of every key of a plan. Plans that share them by chance share candidates, which are checked anyway. */
export function keyPrefix(plan: KeyPlan): string {
  return `${region(plan.operator)}${String(hashOf(planName(plan)) % PLANS).padStart(6, '0')}`;
}

/** What tells a plan from all others. */
export function planName({ scope, field, operator, length }: KeyPlan): string {
  return JSON.stringify([KEY_VERSION, scope, field, operator, length]);
}

export function keyOf(prefix: string, value: number): string {
  return prefix + String(value).padStart(VALUE_DIGITS, '0');
}

// Kept apart: what is read as a whole, or in order, must not lie among a million keys of another plan.
function region(operator: KeyOperator): number {
  if (operator.endsWith('contains')) return 2;
  if (/^(was )?range /.test(operator)) return 3;
  return /^(was )?[gl]t /.test(operator) ? 4 : 1;
}

export function hashOf(text: string): number {
  return hash(text, 0, text.length);
}

// Looked up once: in a context of node:vm, as under jest, each look-up of a global takes a hundred times as long as this.
const { imul } = Math;

/**
 * FNV-1a in two lanes of 32 bits over UTF-16 units, each finished like MurmurHash3; below 10^12. Two values of one hash are candidates
 * for each other, no more.
 *
 * @see http://www.isthe.com/chongo/tech/comp/fnv/ and https://github.com/aappleby/smhasher
 */
export function hash(text: string, start: number, end: number): number {
  let low = 0x811c9dc5;
  let high = 0x9e3779b9;
  for (let at = start; at < end; at += 1) {
    const unit = text.charCodeAt(at);
    low = imul(low ^ unit, 0x01000193);
    high = imul(high + unit, 0x5bd1e995) ^ (high >>> 15);
  }
  return (mixed(high) % 232) * 4_294_967_296 + mixed(low);
}

function mixed(lane: number): number {
  let bits = lane;
  bits = imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** A place in the order of a family, below 2^39: never the wrong way round, though near values may share one. */
export function ordinal(value: JsonValue, family: Family): number {
  return family === 'text' ? textOrdinal(String(value)) : numberOrdinal(approximate(value, family));
}

const bits = new DataView(new ArrayBuffer(8));

/** The 39 highest bits of a double, turned so that they are in the order of numbers. */
function numberOrdinal(value: number): number {
  // Adding zero turns -0 into 0.
  bits.setFloat64(0, value + 0);
  const flip = bits.getUint32(0) >>> 31 === 1 ? 0xffffffff : 0;
  const high = (bits.getUint32(0) ^ flip ^ (flip ? 0 : 0x80000000)) >>> 0;
  const low = (bits.getUint32(4) ^ flip) >>> 0;
  return high * 128 + (low >>> 25);
}

/** The first 39 bits of UTF-8, in which halves of surrogate pairs are encoded like any other code point. */
function textOrdinal(text: string): number {
  const bytes = [...text.slice(0, 10)].flatMap((character) => utf8(character.codePointAt(0) ?? 0));
  let value = 0;
  for (let n = 0; n < 5; n += 1) value = value * 256 + (bytes[n] ?? 0);
  return Math.floor(value / 2);
}

function utf8(point: number): number[] {
  const tail = (shift: number) => 0x80 | ((point >> shift) & 0x3f);
  if (point < 0x80) return [point];
  if (point < 0x800) return [0xc0 | (point >> 6), tail(0)];
  if (point < 0x10000) return [0xe0 | (point >> 12), tail(6), tail(0)];
  return [0xf0 | (point >> 18), tail(12), tail(6), tail(0)];
}
