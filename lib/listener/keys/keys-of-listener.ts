import { grouped } from '../../base/grouped';
import type { JsonValue } from '../../base/json';
import type { FieldKind } from '../../match/field-kind';
import type { Operator, StoredMatcher } from '../../match/matcher';
import type { StoredCondition } from '../../match/operand';
import { equalityText } from './equality';
import type { KeyOption, ListenerKey, Place } from './key-option';
import { hash, hashOf, type KeyOperator } from './match-key';
import { type Bound, rangeOption } from './range-keys';
import { requiredTexts, type Texts } from './required-texts';

export interface Keyed {
  readonly operations: readonly string[] | null;
  readonly owner: string | null;
  readonly match: readonly StoredCondition[];
}

/** Kinds of the columns that a field may be, in the hooks that a listener may hear. */
export type KindsOf = (field: string) => readonly FieldKind[];

/** More alternatives than that are not worth a key each. */
const MAX_KEYS = 1_024;
const PREFIX_LENGTHS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32] as const;
const GRAM_LENGTHS = [1, 2, 3, 6] as const;
const MAX_GRAMS = 8;

/** Every way to find a listener. There is always one: the last resort are all events of its scope. */
export function keyOptions(
  { operations, owner, match }: Keyed,
  kindsOf: KindsOf,
): readonly KeyOption[] {
  const byField = grouped(match, ({ field }) => field);
  const options = [...byField].flatMap(([field, conditions]) =>
    ofAll({ field, kinds: kindsOf(field), isPast: false }, conditions),
  );
  const whose = owner === null ? [] : [one('owner', hashOf(owner), 15)];
  const what = operations?.map((name) => scopeKey('operation', hashOf(name)));
  return [
    ...options.filter(({ keys }) => keys.length <= MAX_KEYS),
    ...whose,
    ...(what ? [{ keys: what, rank: 70 }] : []),
    one('all', 0, 80),
  ];
}

function one(operator: KeyOperator, value: number, rank: number): KeyOption {
  return { keys: [scopeKey(operator, value)], rank };
}

function scopeKey(operator: KeyOperator, value: number): ListenerKey {
  return { field: '', operator, length: 0, value };
}

function optionsOf(place: Place, { operator, operand }: StoredMatcher): readonly KeyOption[] {
  switch (operator) {
    case 'is':
      return [equality(place, [operand])];
    case 'isNull':
      return [equality(place, [null])];
    case 'isTrue':
      return [equality(place, [true])];
    case 'isFalse':
      return [equality(place, [false])];
    case 'oneOf':
      return [equality(place, operand as readonly JsonValue[])];
    case 'startsWith':
    case 'endsWith':
      return affix(place, operator, String(operand));
    case 'contains':
      return grams(place, String(operand));
    case 'like':
      return ofTexts(place, requiredTexts(String(operand)));
    case 'changed':
      return [{ keys: [{ field: place.field, operator, length: 0, value: 0 }], rank: 65 }];
    case 'was':
      return optionsOf({ ...place, isPast: true }, operand as StoredMatcher);
    case 'becomes':
      // What becomes so has changed.
      return [
        ...optionsOf(place, operand as StoredMatcher),
        ...optionsOf(place, { operator: 'changed', operand: null }),
      ];
    case 'allOf':
      return ofAll(place, operand as readonly StoredMatcher[]);
    case 'anyOf':
      return ofAny((operand as readonly StoredMatcher[]).map((member) => optionsOf(place, member)));
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
    case 'between':
      return ofAll(place, [{ operator, operand }]);
    case 'any':
    case 'not':
      return [];
  }
}

function ofAll(place: Place, members: readonly StoredMatcher[]): readonly KeyOption[] {
  const bounds = members.flatMap(boundsOf);
  const range = rangeOption(place, bounds);
  const others = members.filter(({ operator }) => !isRange(operator));
  return [...others.flatMap((member) => optionsOf(place, member)), ...(range ? [range] : [])];
}

/** A key of each: without one of its members, nothing finds what only that one matches. */
function ofAny(members: readonly (readonly KeyOption[])[]): readonly KeyOption[] {
  const best = members.map((options) => options.toSorted((a, b) => a.rank - b.rank)[0]);
  if (best.includes(undefined)) return [];
  const chosen = best.filter((option) => option !== undefined);
  const rank = Math.max(0, ...chosen.map((option) => option.rank)) + 2;
  return [{ keys: chosen.flatMap(({ keys }) => keys), rank }];
}

function ofTexts(place: Place, texts: Texts | null): readonly KeyOption[] {
  if (texts === null) return [];
  switch (texts.kind) {
    case 'text':
      return grams(place, texts.text);
    case 'all':
      return texts.members.flatMap((member) => ofTexts(place, member));
    case 'any':
      return ofAny(texts.members.map((member) => ofTexts(place, member)));
  }
}

function isRange(operator: Operator): boolean {
  return ['gt', 'gte', 'lt', 'lte', 'between'].includes(operator);
}

function boundsOf({ operator, operand }: StoredMatcher): readonly Bound[] {
  switch (operator) {
    case 'gt':
    case 'gte':
      return [{ side: 'low', operand }];
    case 'lt':
    case 'lte':
      return [{ side: 'high', operand }];
    case 'between': {
      const [low, high] = operand as readonly [JsonValue, JsonValue];
      return [
        { side: 'low', operand: low },
        { side: 'high', operand: high },
      ];
    }
    default:
      return [];
  }
}

function equality(place: Place, operands: readonly JsonValue[]): KeyOption {
  const texts = new Set(operands.map((operand) => equalityText(operand) ?? ''));
  const isCommon = operands.some((operand) => operand === null || typeof operand === 'boolean');
  return {
    keys: [...texts].map((text) => valueKey(place, 'is', 0, hashOf(text))),
    rank: (isCommon ? 60 : 10) + (operands.length > 1 ? 2 : 0),
  };
}

function affix(
  place: Place,
  operator: 'startsWith' | 'endsWith',
  text: string,
): readonly KeyOption[] {
  const length = longest(PREFIX_LENGTHS, text.length);
  if (length === null) return [];
  const start = operator === 'startsWith' ? 0 : text.length - length;
  const key = valueKey(place, operator, length, hash(text, start, start + length));
  return [{ keys: [key], rank: length >= 6 ? 20 : length >= 3 ? 25 : 50 }];
}

/** An option each gram; those that few others have are chosen when they are counted. */
function grams(place: Place, text: string): readonly KeyOption[] {
  const length = longest(GRAM_LENGTHS, text.length);
  if (length === null) return [];
  const last = text.length - length;
  const count = Math.min(last + 1, MAX_GRAMS);
  return Array.from({ length: count }, (_, n) => {
    const start = count === 1 ? 0 : Math.round((last * n) / (count - 1));
    const key = valueKey(place, 'contains', length, hash(text, start, start + length));
    return {
      keys: [key],
      rank:
        (length >= 6 ? 28 : length >= 3 ? 35 : 55) -
        (/\S\s\S/.test(text.slice(start, start + length)) ? 0.4 : 0),
    };
  });
}

function longest(lengths: readonly number[], limit: number): number | null {
  return lengths.findLast((length) => length <= limit) ?? null;
}

function valueKey(
  { field, isPast }: Place,
  operator: 'is' | 'startsWith' | 'endsWith' | 'contains',
  length: number,
  value: number,
): ListenerKey {
  return { field, operator: isPast ? `was ${operator}` : operator, length, value };
}
