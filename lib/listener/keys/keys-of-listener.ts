import { grouped } from '../../base/grouped';
import type { JsonValue } from '../../base/json';
import type { FieldKind } from '../../match/field-kind';
import type { Operator, StoredMatcher } from '../../match/matcher';
import type { KeyedEvents } from '../declared/listener';
import { equalityText } from './equality';
import {
  hash,
  hashOf,
  type KeyOperator,
  type KeyOption,
  type MatchedField,
  type MatchKey,
} from './match-key';
import { type Bound, rangeOption } from './range-keys';
import { requiredTexts, type Texts } from './required-texts';

/** Kinds of the columns that a field stands for, in all hooks of a listener. */
export type KindsOf = (field: string) => readonly FieldKind[];

/** An option with more keys than this is not used. */
const MAX_KEYS = 1_024;
const PREFIX_LENGTHS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32] as const;
const GRAM_LENGTHS = [1, 2, 3, 6] as const;
const MAX_GRAMS = 8;

/** Every way to find a listener. The last one always exists: all events of its scope. */
export function keyOptions(
  { operations, owner, match }: Pick<KeyedEvents, 'operations' | 'owner' | 'match'>,
  kindsOf: KindsOf,
): readonly KeyOption[] {
  const byField = grouped(match, ({ field }) => field);
  const options = [...byField].flatMap(([field, conditions]) =>
    optionsOfField({ field, kinds: kindsOf(field), isPast: false }, conditions),
  );
  const ofOwner = owner === null ? [] : [eventOption('owner', hashOf(owner), 15)];
  const ofOperations = operations?.map((name) => eventKey('operation', hashOf(name)));
  return [
    ...options.filter(({ keys }) => keys.length <= MAX_KEYS),
    ...ofOwner,
    ...(ofOperations ? [{ keys: ofOperations, rank: 70 }] : []),
    eventOption('all', 0, 80),
  ];
}

/** None for an operand that only a newer release knows, which has stored it. */
function optionsOfField(
  matched: MatchedField,
  conditions: readonly StoredMatcher[],
): readonly KeyOption[] {
  try {
    return optionsOfAll(matched, conditions);
  } catch {
    return [];
  }
}

function eventOption(operator: KeyOperator, value: number, rank: number): KeyOption {
  return { keys: [eventKey(operator, value)], rank };
}

function eventKey(operator: KeyOperator, value: number): MatchKey {
  return { field: '', operator, length: 0, value };
}

function optionsOf(
  matched: MatchedField,
  { operator, operand }: StoredMatcher,
): readonly KeyOption[] {
  switch (operator) {
    case 'is':
      return [equality(matched, [operand])];
    case 'isNull':
    case 'isTrue':
    case 'isFalse':
      return [equality(matched, [CONSTANTS[operator]])];
    case 'oneOf':
      return [equality(matched, operand as readonly JsonValue[])];
    case 'startsWith':
    case 'endsWith':
      return affix(matched, operator, String(operand));
    case 'contains':
      return grams(matched, String(operand));
    case 'like':
      return optionsOfTexts(matched, requiredTexts(String(operand)));
    case 'changed':
      return [{ keys: [{ field: matched.field, operator, length: 0, value: 0 }], rank: 65 }];
    case 'was':
      return optionsOf({ ...matched, isPast: true }, operand as StoredMatcher);
    case 'becomes':
      return optionsOfChange(matched, operand as StoredMatcher);
    case 'allOf':
      return optionsOfAll(matched, operand as readonly StoredMatcher[]);
    case 'anyOf':
      return optionOfAny(
        (operand as readonly StoredMatcher[]).map((member) => optionsOf(matched, member)),
      );
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
    case 'between':
      return optionsOfAll(matched, [{ operator, operand }]);
    case 'any':
    case 'not':
      return [];
  }
  // An operator of a newer release: all events of the scope are candidates.
  return [];
}

const CONSTANTS = { isNull: null, isTrue: true, isFalse: false } as const;

/** A value that becomes something has changed. */
function optionsOfChange(matched: MatchedField, after: StoredMatcher): readonly KeyOption[] {
  const changed = { operator: 'changed', operand: null } as const;
  return [...optionsOf(matched, after), ...optionsOf(matched, changed)];
}

function optionsOfAll(
  matched: MatchedField,
  members: readonly StoredMatcher[],
): readonly KeyOption[] {
  const bounds = members.flatMap(boundsOf);
  const range = rangeOption(matched, bounds);
  const others = members.filter(({ operator }) => !isRange(operator));
  return [...others.flatMap((member) => optionsOf(matched, member)), ...(range ? [range] : [])];
}

/** One option with keys of each member. There is none if a member has no keys, because nothing would find the events of that member. */
function optionOfAny(members: readonly (readonly KeyOption[])[]): readonly KeyOption[] {
  const best = members.map((options) => options.toSorted((a, b) => a.rank - b.rank)[0]);
  if (best.includes(undefined)) return [];
  const chosen = best.filter((option) => option !== undefined);
  const rank = Math.max(0, ...chosen.map((option) => option.rank)) + 2;
  return [{ keys: chosen.flatMap(({ keys }) => keys), rank }];
}

function optionsOfTexts(matched: MatchedField, texts: Texts | null): readonly KeyOption[] {
  if (texts === null) return [];
  switch (texts.kind) {
    case 'text':
      return grams(matched, texts.text);
    case 'all':
      return texts.members.flatMap((member) => optionsOfTexts(matched, member));
    case 'any':
      return optionOfAny(texts.members.map((member) => optionsOfTexts(matched, member)));
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

function equality(matched: MatchedField, operands: readonly JsonValue[]): KeyOption {
  const texts = new Set(operands.map((operand) => equalityText(operand) ?? ''));
  const isCommon = operands.some((operand) => operand === null || typeof operand === 'boolean');
  return {
    keys: [...texts].map((text) => valueKey(matched, 'is', 0, hashOf(text))),
    rank: (isCommon ? 60 : 10) + (operands.length > 1 ? 2 : 0),
  };
}

function affix(
  matched: MatchedField,
  operator: 'startsWith' | 'endsWith',
  text: string,
): readonly KeyOption[] {
  const length = longest(PREFIX_LENGTHS, text.length);
  if (length === null) return [];
  const start = operator === 'startsWith' ? 0 : text.length - length;
  const key = valueKey(matched, operator, length, hash(text, start, start + length));
  return [{ keys: [key], rank: length >= 6 ? 20 : length >= 3 ? 25 : 50 }];
}

/** One option for each gram. When the options are counted, a gram that few listeners have is chosen. */
function grams(matched: MatchedField, text: string): readonly KeyOption[] {
  const length = longest(GRAM_LENGTHS, text.length);
  if (length === null) return [];
  const last = text.length - length;
  const count = Math.min(last + 1, MAX_GRAMS);
  return Array.from({ length: count }, (_, n) => {
    const start = count === 1 ? 0 : Math.round((last * n) / (count - 1));
    const key = valueKey(matched, 'contains', length, hash(text, start, start + length));
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
  { field, isPast }: MatchedField,
  operator: 'is' | 'startsWith' | 'endsWith' | 'contains',
  length: number,
  value: number,
): MatchKey {
  return { field, operator: isPast ? `was ${operator}` : operator, length, value };
}
