import type { Subject } from '../match/matches';
import type { HookEvent } from './event';

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
  const value = Object.hasOwn(data, field) ? data[field] : undefined;
  if (operation === 'remove') return { value, before: value, isNew: false, changed: false, isMany };
  if (operation === 'insert' || previous === null)
    return { value, before: undefined, isNew: true, changed: value !== undefined, isMany };
  const before = Object.hasOwn(previous, field) ? previous[field] : undefined;
  return { value, before, isNew: false, changed: changed.includes(field), isMany };
}
