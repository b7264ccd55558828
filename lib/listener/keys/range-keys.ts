import type { JsonValue } from '../../base/json';
import type { FieldKind } from '../../match/field-kind';
import { type Family, familyOf } from '../../match/order';
import { type KeyOption, type MatchedField, type MatchKey, ordinal } from './match-key';

export interface Bound {
  readonly side: 'low' | 'high';
  readonly operand: JsonValue;
}

/** Only every second level is used. Cells are at most twice as wide as needed, and an event has half as many keys. */
const LEVEL_STEP = 2;

/**
 * Match keys for values within bounds. With one bound, the key is its place in the order. With two bounds, the keys are the one or two
 * cells that cover the range. Null if the columns of the field are ordered in different ways.
 */
export function rangeOption(matched: MatchedField, bounds: readonly Bound[]): KeyOption | null {
  const family = commonFamily(matched.kinds, bounds);
  if (family === null) return null;
  const ordinals = (side: Bound['side']) =>
    bounds.filter((bound) => bound.side === side).map(({ operand }) => ordinal(operand, family));
  const [lows, highs] = [ordinals('low'), ordinals('high')];
  const [low, high] = [Math.max(...lows), Math.min(...highs)];
  if (lows.length === 0) return oneSided(matched, `lt ${family}`, high);
  if (highs.length === 0) return oneSided(matched, `gt ${family}`, low);
  return { keys: cells(matched, family, [low, high]), rank: 40 };
}

function commonFamily(kinds: readonly FieldKind[], bounds: readonly Bound[]): Family | null {
  const families = kinds.flatMap((kind) => bounds.map(({ operand }) => familyOf(kind, operand)));
  const [first, ...others] = new Set(families.filter((family) => family !== null));
  return first === undefined || others.length > 0 ? null : first;
}

function oneSided(
  { field, isPast }: MatchedField,
  operator: `gt ${Family}` | `lt ${Family}`,
  value: number,
): KeyOption {
  const key = {
    field,
    operator: isPast ? (`was ${operator}` as const) : operator,
    length: 0,
    value,
  };
  return { keys: [key], rank: 58 };
}

function cells(
  { field, isPast }: MatchedField,
  family: Family,
  [low, high]: readonly [number, number],
): readonly MatchKey[] {
  if (low > high) return [];
  let level = 0;
  while (cellOf(high, level) - cellOf(low, level) > 1) level += LEVEL_STEP;
  const operator = `range ${family}` as const;
  const covering = new Set([cellOf(low, level), cellOf(high, level)]);
  return [...covering].map((value) => ({
    field,
    operator: isPast ? (`was ${operator}` as const) : operator,
    length: level,
    value,
  }));
}

/** The cell of a level that contains an ordinal. Cells of a level are twice as wide as those of the level below. */
export function cellOf(value: number, level: number): number {
  return Math.floor(value / 2 ** level);
}
