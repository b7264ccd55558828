import type { JsonValue } from '../../base/json';
import type { HookCatalog } from '../../hook/catalog';
import type { HookEvent } from '../../hook/event';
import { subjectOf } from '../../hook/subject';
import { satisfies } from '../../match/matches';
import type { StoredCondition } from '../../match/operand';
import type { WantedEvents } from '../declared/listener';
import { patternsOf } from '../declared/pattern';

/** An event and listeners that want it. */
export interface Match {
  readonly event: HookEvent;
  readonly listenerIds: readonly string[];
  /** Those of the listeners whose deliveries take turns. Left out: none. */
  readonly inTurn?: readonly ListenerInTurn[];
}

/** A listener that is ordered or has a rate limit. Its deliveries are sent one after the other, in turn with those of other listeners. */
export interface ListenerInTurn {
  readonly id: string;
  readonly ordered: boolean;
}

/** One thing that a listener asks of an event. */
export interface Check {
  readonly what: 'hook' | 'pattern' | 'operation' | 'owner' | 'filter';
  readonly holds: boolean;
  /** What the listener asks for; for a filter, the stored condition. */
  readonly expected: JsonValue | StoredCondition;
  /** What the event has; undefined if the field is absent or not provided. */
  readonly actual: JsonValue | undefined;
}

/** Whether a listener wants an event: its hook or pattern, its operations, its owner, and each of its conditions. */
export function wants(listener: WantedEvents, event: HookEvent, catalog: HookCatalog): boolean {
  for (const { holds } of checks(listener, event, catalog)) if (!holds) return false;
  return true;
}

/** Everything that a listener asks of an event, and whether it holds. The cheapest checks come first. */
export function* checks(
  { hook, pattern, operations, owner, match }: WantedEvents,
  event: HookEvent,
  catalog: HookCatalog,
): Generator<Check, void> {
  if (hook !== null)
    yield { what: 'hook', holds: hook === event.hook, expected: hook, actual: event.hook };
  if (pattern !== null) {
    const holds = patternsOf(event.name).includes(pattern);
    yield { what: 'pattern', holds, expected: pattern, actual: event.name };
  }
  if (operations !== null) {
    const holds = event.operation !== null && operations.includes(event.operation);
    yield { what: 'operation', holds, expected: operations, actual: event.operation };
  }
  if (owner !== null)
    yield { what: 'owner', holds: owner === event.sender, expected: owner, actual: event.sender };
  if (match.length === 0) return;
  const fields = catalog.find(event.hook)?.fields;
  for (const condition of match) {
    const field = fields?.get(condition.field);
    const subject = field && subjectOf(event, field.path);
    const holds = field && subject ? satisfies(condition, subject, field.kind) : false;
    yield { what: 'filter', holds, expected: condition, actual: subject?.value };
  }
}
