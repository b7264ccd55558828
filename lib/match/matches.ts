import Big from 'big.js';
import { type JsonValue, sameJson } from '../base/json';
import type { FieldKind } from './field-kind';
import type { Operator, StoredMatcher } from './matcher';
import { compare, familyOf } from './order';
import { instantMs, SPECIAL_NUMBERS } from './readings';
import { compiled } from './regex';

/** One field of one event. `undefined` means that the field is absent. */
export interface Subject {
  readonly value: JsonValue | undefined;
  /** The previous value. On remove, the value itself. */
  readonly before: JsonValue | undefined;
  /** Whether there is no previous value: an insert, or an event of a defined hook. */
  readonly isNew: boolean;
  readonly changed: boolean;
  /** Whether the values are lists, one value for each row of a to-many relation. Left out: no. */
  readonly isMany?: boolean;
}

/**
 * Whether a field satisfies a stored matcher. For an absent field, only `any` is true, alone or in `allOf` and `anyOf`. A value of another
 * type never matches and never throws. Throws for a matcher that a newer release has stored and this one does not know.
 *
 * A list of values satisfies a condition if one of its members does. `not` asks that none does; `changed`, `was` and `becomes` compare
 * the lists; and all conditions of an `allOf` on the value itself must hold for the same member.
 */
export function satisfies(matcher: StoredMatcher, subject: Subject, kind: FieldKind): boolean {
  const { operator, operand } = matcher;
  const { value } = subject;
  switch (operator) {
    case 'any':
      return true;
    case 'allOf':
      return subject.isMany
        ? satisfiesAll(members(operand), subject, kind)
        : members(operand).every((member) => satisfies(member, subject, kind));
    case 'anyOf':
      return members(operand).some((member) => satisfies(member, subject, kind));
    case 'not':
      return value !== undefined && !satisfies(member(operand), subject, kind);
    case 'changed':
      return value !== undefined && subject.changed;
    case 'was':
      return value !== undefined && satisfiedBefore(member(operand), subject, kind);
    case 'becomes':
      return (
        value !== undefined &&
        satisfies(member(operand), subject, kind) &&
        !satisfiedBefore(member(operand), subject, kind)
      );
    default:
      return subject.isMany
        ? itemsOf(value).some((item) => judged(operator, operand, { value: item, kind }))
        : judged(operator, operand, { value, kind });
  }
}

function satisfiesAll(
  matchers: readonly StoredMatcher[],
  subject: Subject,
  kind: FieldKind,
): boolean {
  const ofList = matchers.filter((matcher) => !isOfValue(matcher));
  if (!ofList.every((matcher) => satisfies(matcher, subject, kind))) return false;
  const ofItem = matchers.filter(isOfValue);
  if (ofItem.length === 0) return true;
  return itemsOf(subject.value).some((value) =>
    ofItem.every((matcher) => satisfies(matcher, { ...subject, value, isMany: false }, kind)),
  );
}

/** Whether a matcher asks something of one value, and not of the whole list. */
function isOfValue({ operator, operand }: StoredMatcher): boolean {
  switch (operator) {
    case 'any':
    case 'not':
    case 'changed':
    case 'was':
    case 'becomes':
      return false;
    case 'allOf':
    case 'anyOf':
      return members(operand).every(isOfValue);
    default:
      return true;
  }
}

/** A to-many relation of an entity that does not exist has no list, but null. */
export function itemsOf(value: JsonValue | undefined): readonly JsonValue[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value as JsonValue];
}

function judged(
  operator: Judging,
  operand: JsonValue,
  { value, kind }: { readonly value: JsonValue | undefined; readonly kind: FieldKind },
): boolean {
  const judge: Judge | undefined = JUDGE[operator];
  if (judge === undefined) throw new TypeError(`The operator "${operator}" is unknown.`);
  return value !== undefined && judge(value, operand, kind);
}

function satisfiedBefore(matcher: StoredMatcher, subject: Subject, kind: FieldKind): boolean {
  return !subject.isNew && satisfies(matcher, { ...subject, value: subject.before }, kind);
}

// Stored matchers were checked by `toStored`, so the operand fits the operator.
function member(operand: JsonValue): StoredMatcher {
  return operand as StoredMatcher;
}

function members(operand: JsonValue): readonly StoredMatcher[] {
  return operand as readonly StoredMatcher[];
}

/** Operators that need only the current value of a field that is present. */
type Judging = Exclude<Operator, 'any' | 'allOf' | 'anyOf' | 'not' | 'changed' | 'was' | 'becomes'>;

type Judge = (value: JsonValue, operand: JsonValue, kind: FieldKind) => boolean;

const JUDGE: Readonly<Record<Judging, Judge>> = {
  is: equal,
  isNull: (value) => value === null,
  isTrue: (value) => value === true,
  isFalse: (value) => value === false,
  oneOf: (value, operand, kind) =>
    (operand as readonly JsonValue[]).some((one) => equal(value, one, kind)),
  startsWith: textual((value, prefix) => value.startsWith(prefix)),
  endsWith: textual((value, suffix) => value.endsWith(suffix)),
  contains: textual((value, part) => value.includes(part)),
  like: textual((value, pattern) => compiled(pattern).test(value)),
  gt: ordered((order) => order > 0),
  gte: ordered((order) => order >= 0),
  lt: ordered((order) => order < 0),
  lte: ordered((order) => order <= 0),
  between: (value, operand, kind) => {
    const [low, high] = operand as readonly [JsonValue, JsonValue];
    return JUDGE.gte(value, low, kind) && JUDGE.lte(value, high, kind);
  },
};

// Numbers, dates and bytes of some columns are strings too, but not texts. The filter of a wildcard can apply to them.
const TEXT_KINDS: readonly FieldKind[] = ['text', 'json', 'unknown'];

function textual(holds: (value: string, operand: string) => boolean): Judge {
  return (value, operand, kind) =>
    typeof value === 'string' &&
    typeof operand === 'string' &&
    TEXT_KINDS.includes(kind) &&
    holds(value, operand);
}

function ordered(holds: (order: number) => boolean): Judge {
  return (value, operand, kind) => {
    const family = familyOf(kind, value);
    if (family === null || family !== familyOf(kind, operand)) return false;
    return holds(compare(value, operand, family));
  };
}

/** Equality of two JSON values for this kind of column. */
export function equal(a: JsonValue, b: JsonValue, kind: FieldKind): boolean {
  if (a === b) return true;
  if (a === null || b === null) return false;
  if (kind === 'exact') return sameNumber(a, b);
  if (kind === 'instant') return sameInstant(a, b);
  return sameJson(a, b);
}

function sameNumber(a: JsonValue, b: JsonValue): boolean {
  // As a text, an array of one number looks like that number, and some objects cannot become a text.
  if (typeof a === 'object' || typeof b === 'object') return false;
  const [left, right] = [String(a), String(b)];
  if (SPECIAL_NUMBERS.has(left) || SPECIAL_NUMBERS.has(right)) return left === right;
  try {
    return new Big(left).eq(right);
  } catch {
    return false;
  }
}

function sameInstant(a: JsonValue, b: JsonValue): boolean {
  if (typeof a !== 'string' || typeof b !== 'string') return false;
  const at = instantMs(a);
  return at !== null && at === instantMs(b);
}
