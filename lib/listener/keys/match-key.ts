import type { JsonValue } from '../../base/json';
import type { FieldKind } from '../../match/field-kind';
import { approximate, type Family } from '../../match/order';
import { MATCH_KEY_VERSION } from '../../store/listener-sql';
import { VALUE_DIGITS } from '../../store/match-keys';

/**
 * What a match key is about. `length` is that of a prefix, suffix or gram, or the level of a range's cells. The shapes that listeners use
 * are stored, so that each process knows which keys of an event to look for.
 */
export interface KeyShape {
  /** The hook or the event pattern of a listener. */
  readonly scope: string;
  /** Empty if the key is not about a field. */
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

/** Operators that begin with `was` are about the value before the change. */
export type KeyOperator =
  | 'all'
  | 'operation'
  | 'owner'
  | 'changed'
  /** Not a key: it notes that a listener has a condition on the field. */
  | 'filter'
  | ValueOperator
  | `was ${ValueOperator}`;

const OF_EVENT: readonly string[] = ['all', 'operation', 'owner'];
const OF_FIELD =
  /^(changed|(was )?(is|startsWith|endsWith|contains|(range|gt|lt) (number|exact|text|instant|date|time)))$/;

/** Whether this release makes keys of that shape. A newer one may have stored others. */
export function isKnownOperator({
  field,
  operator,
}: Pick<KeyShape, 'field' | 'operator'>): boolean {
  return field === '' ? OF_EVENT.includes(operator) : OF_FIELD.test(operator);
}

/** A match key of a listener, without its scope. */
export interface MatchKey {
  readonly field: string;
  readonly operator: KeyOperator;
  readonly length: number;
  readonly value: number;
}

/** Match keys of which each event that the listener wants has at least one. */
export interface KeyOption {
  readonly keys: readonly MatchKey[];
  /** A guess of how many other listeners have the same keys. The lowest is best. */
  readonly rank: number;
}

/** The field that a matcher is about. */
export interface MatchedField {
  readonly field: string;
  readonly kinds: readonly FieldKind[];
  readonly isPast: boolean;
}

/** A key is 19 decimal digits, so that it fits a bigint: one for the region, six for the shape, twelve for the value. */
const SHAPES = 1_000_000;

/** The first seven digits of all keys of a shape. Shapes with equal prefixes share candidates, which are checked in any case. */
export function keyPrefix(shape: KeyShape): string {
  return `${region(shape.operator)}${String(hashOf(shapeName(shape)) % SHAPES).padStart(6, '0')}`;
}

/** A text that is different for each shape. */
export function shapeName({ scope, field, operator, length }: KeyShape): string {
  return JSON.stringify([MATCH_KEY_VERSION, scope, field, operator, length]);
}

export function keyText(prefix: string, value: number): string {
  return prefix + String(value).padStart(VALUE_DIGITS, '0');
}

// Grams and ranges are read as a whole or in order, so a million keys of another shape must not lie among them.
function region(operator: KeyOperator): number {
  if (operator.endsWith('contains')) return 2;
  if (/^(was )?range /.test(operator)) return 3;
  return /^(was )?[gl]t /.test(operator) ? 4 : 1;
}

export function hashOf(text: string): number {
  return hash(text, 0, text.length);
}

// A local copy: in a context of node:vm, as under jest, each look-up of a global takes a hundred times as long as the call.
const { imul } = Math;

/**
 * FNV-1a in two lanes of 32 bits over UTF-16 units, each finished like MurmurHash3; below 10^12. Values with equal hashes are candidates
 * for each other; their conditions are checked afterwards.
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

/** A whole number below 2^39 that is ordered like the values of a family. Near values may have the same number. */
export function ordinal(value: JsonValue, family: Family): number {
  return family === 'text' ? textOrdinal(String(value)) : numberOrdinal(approximate(value, family));
}

const bits = new DataView(new ArrayBuffer(8));

/** The 39 highest bits of a double, with bits inverted so that they are ordered like the numbers. */
function numberOrdinal(value: number): number {
  // Adding zero turns -0 into 0.
  bits.setFloat64(0, value + 0);
  const flip = bits.getUint32(0) >>> 31 === 1 ? 0xffffffff : 0;
  const high = (bits.getUint32(0) ^ flip ^ (flip ? 0 : 0x80000000)) >>> 0;
  const low = (bits.getUint32(4) ^ flip) >>> 0;
  return high * 128 + (low >>> 25);
}

/** The first 39 bits of the text in UTF-8. A lone half of a surrogate pair is encoded like any other code point. */
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
