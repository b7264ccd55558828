import type { JsonValue } from '../../base/json';
import type { HookCatalog } from '../../hook/catalog';
import type { HookEvent } from '../../hook/event';
import { subjectOf } from '../../hook/subject';
import { satisfies } from '../../match/matches';
import type { StoredCondition } from '../../match/operand';
import { patternsOf } from '../declared/pattern';

/** What must be known of a listener to decide whether it wants an event. */
export interface Candidate {
  readonly hook: string | null;
  readonly operations: readonly string[] | null;
  readonly pattern: string | null;
  readonly owner: string | null;
  readonly match: readonly StoredCondition[];
}

/** One thing that a listener asks of an event. */
export interface Check {
  readonly what: 'hook' | 'pattern' | 'operation' | 'owner' | 'filter';
  readonly holds: boolean;
  /** What the listener asks for; of a filter, the stored condition. */
  readonly expected: JsonValue | StoredCondition;
  /** What the event has; undefined where the field is absent or not provided. */
  readonly actual: JsonValue | undefined;
}

/** Whether a listener wants an event: its hook or pattern, its operations, its owner, and every one of its conditions. */
export function wants(listener: Candidate, event: HookEvent, catalog: HookCatalog): boolean {
  for (const { holds } of checks(listener, event, catalog)) if (!holds) return false;
  return true;
}

/** Everything that a listener asks, cheapest first, and whether the event has it. */
export function* checks(
  { hook, pattern, operations, owner, match }: Candidate,
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
