import type { JsonRecord, JsonValue } from '../base/json';
import type { Subject } from '../match/matches';
import type { HookEvent } from './event';
import { valueAt } from './provided-values';

/** The part of an event that conditions are about. An event that is not stored yet has it too. */
export type EventValues = Pick<HookEvent, 'operation' | 'data' | 'previous' | 'changed'>;

/**
 * One field of an event, as matchers judge it. On remove, the old value is both the current and the previous one. `isMany`: whether its
 * values are lists, of which matchers judge each member.
 */
export function subjectOf(
  { operation, data, previous, changed }: EventValues,
  field: string,
  isMany: boolean,
): Subject {
  const value = operation === null ? inside(data, field) : own(data, field);
  if (operation === 'remove') return { value, before: value, isNew: false, changed: false, isMany };
  if (operation === 'insert' || previous === null)
    return { value, before: undefined, isNew: true, changed: value !== undefined, isMany };
  const before = own(previous, field);
  return { value, before, isNew: false, changed: changed.includes(field), isMany };
}

function own(values: JsonRecord, field: string): JsonValue | undefined {
  return Object.hasOwn(values, field) ? values[field] : undefined;
}

/** The data of a schedule is nested as it was given. That of a defined hook has the same value at the path, or none. */
function inside(data: JsonRecord, field: string): JsonValue | undefined {
  return valueAt(data, field) as JsonValue | undefined;
}
