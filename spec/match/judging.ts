import { type JsonValue, toJson } from '../../lib/base/json';
import type { FieldKind } from '../../lib/match/field-kind';
import { asMatcher, type Condition, type StoredMatcher } from '../../lib/match/matcher';
import { type Subject, satisfies } from '../../lib/match/matches';
import { toStored } from '../../lib/match/operand';

// biome-ignore format: a table
export const ALL_KINDS: readonly FieldKind[] = ['text', 'number', 'exact', 'boolean', 'instant', 'date', 'time', 'json', 'list', 'bytes', 'unknown'];

/** The field of a row that is new. */
export function fresh(value: JsonValue | undefined): Subject {
  return { value, before: undefined, isNew: true, changed: true };
}

/** The field of a row that was updated. */
export function updated(before: JsonValue | undefined, value: JsonValue | undefined): Subject {
  return { value, before, isNew: false, changed: before !== value };
}

/** The field of a row that was removed. */
export function removed(value: JsonValue | undefined): Subject {
  return { value, before: value, isNew: false, changed: false };
}

/** Whether a field satisfies a condition that was stored and read again. */
export function judged(condition: Condition, subject: Subject, kind: FieldKind): boolean {
  const stored = toStored('field', kind, asMatcher(condition));
  return satisfies(JSON.parse(JSON.stringify(stored)) as StoredMatcher, subject, kind);
}

/** Whether a value of a new row satisfies a condition, after both went through their columns. */
export function satisfied(
  condition: Condition,
  value: unknown,
  kind: FieldKind = 'unknown',
): boolean {
  return judged(condition, fresh(value === undefined ? undefined : toJson(value)), kind);
}
