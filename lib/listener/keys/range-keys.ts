import type { JsonValue } from '../../base/json';
import type { FieldKind } from '../../match/field-kind';
import { type Family, familyOf } from '../../match/order';
import type { KeyOption, ListenerKey, Place } from './key-option';
import { ordinal } from './match-key';

export interface Bound {
  readonly side: 'low' | 'high';
  readonly operand: JsonValue;
}

/** Every other level will do: at most twice the width, for half the keys of an event. */
const LEVEL_STEP = 2;

/**
 * One key for values beyond a bound, in order; for values between two, those of the one or two cells that cover them. Null where the
 * columns that the field may be are put in different orders.
 */
export function rangeOption(place: Place, bounds: readonly Bound[]): KeyOption | null {
  const family = commonFamily(place.kinds, bounds);
  if (family === null) return null;
  const places = (side: Bound['side']) =>
    bounds.filter((bound) => bound.side === side).map(({ operand }) => ordinal(operand, family));
  const [lows, highs] = [places('low'), places('high')];
  const [low, high] = [Math.max(...lows), Math.min(...highs)];
  if (lows.length === 0) return oneSided(place, `lt ${family}`, high);
  if (highs.length === 0) return oneSided(place, `gt ${family}`, low);
  return { keys: cells(place, family, [low, high]), rank: 40 };
}

function commonFamily(kinds: readonly FieldKind[], bounds: readonly Bound[]): Family | null {
  const families = kinds.flatMap((kind) => bounds.map(({ operand }) => familyOf(kind, operand)));
  const [first, ...others] = new Set(families.filter((family) => family !== null));
  return first === undefined || others.length > 0 ? null : first;
}

function oneSided(
  { field, isPast }: Place,
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
  { field, isPast }: Place,
  family: Family,
  [low, high]: readonly [number, number],
): readonly ListenerKey[] {
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

/** The cell of a level that a place is in: a level's cells are twice as wide as those of the one below. */
export function cellOf(place: number, level: number): number {
  return Math.floor(place / 2 ** level);
}
