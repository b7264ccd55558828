import type { JsonRecord, JsonValue } from '../base/json';
import type { Subject } from '../match/matches';
import type { HookEvent } from './event';
import { contextValue } from './event-context';
import { type Field, isMany as isManyField } from './field';
import { valueAt } from './provided-values';

/** The part of an event that conditions are about. An event that is not stored yet has it too. */
export type EventValues = Pick<HookEvent, 'operation' | 'data' | 'previous' | 'changed'> &
  Partial<Pick<HookEvent, 'context'>>;

/**
 * One field of an event, as matchers judge it. On remove, the old value is both the current and the previous one. For a field whose
 * values are lists, matchers judge each member.
 */
export function subjectOf(event: EventValues, field: Field): Subject {
  const { operation, data, previous, changed } = event;
  const { path } = field;
  const value = operation === null ? inside(data, path) : own(data, path);
  if (field.isOfContext && value === undefined) return contextSubject(event, path);
  const isMany = isManyField(field);
  if (operation === 'remove') return { value, before: value, isNew: false, changed: false, isMany };
  if (operation === 'insert' || previous === null)
    return { value, before: undefined, isNew: true, changed: value !== undefined, isMany };
  const before = own(previous, path);
  return { value, before, isNew: false, changed: changed.includes(path), isMany };
}

/** Each write has its own context, so there is no previous value: as if the event were an insert. */
function contextSubject({ context }: EventValues, path: string): Subject {
  const value = contextValue(context, path);
  return { value, before: undefined, isNew: true, changed: value !== undefined };
}

function own(values: JsonRecord, field: string): JsonValue | undefined {
  return Object.hasOwn(values, field) ? values[field] : undefined;
}

/** The data of a schedule is nested as it was given. That of a defined hook has the same value at the path, or none. */
function inside(data: JsonRecord, field: string): JsonValue | undefined {
  return valueAt(data, field) as JsonValue | undefined;
}
