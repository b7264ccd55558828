import type { JsonRecord, JsonValue } from '../base/json';
import type { StoredTrace } from '../store/events';
import type { Operation } from './operation';

/** What an application says about the code that made an event: a JSON object, such as `{ actor: 'u-7', requestId: 'r-1' }`. */
export type EventContext = { readonly [key: string]: JsonValue };

/** One change of a row, or one event of a defined hook, with the provided fields only. Values are JSON, by field path. */
export interface HookEvent {
  /** uuid v7 */
  readonly id: string;
  readonly hook: string;
  /** The event's name: `person.created`. */
  readonly name: string;
  /** Null for an event of a defined hook. */
  readonly operation: Operation | null;
  readonly ref: string | null;
  readonly sender: string | null;
  /** Extra request headers from the hook's option `headers`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly occurredAt: Date;
  /** The due time of an event of a schedule. Other events do not have it. */
  readonly dueAt?: Date;
  /** The new values. For a removed row, the old values. */
  readonly data: JsonRecord;
  /** The old values. Null on insert and remove, and for a defined hook. */
  readonly previous: JsonRecord | null;
  /** Paths whose value changed: all provided paths on insert, none on remove. */
  readonly changed: readonly string[];
  /** What `hooks.withContext` gave to the code that made the event. Left out if it gave nothing. */
  readonly context?: EventContext;
  /** The span of OpenTelemetry in which the event was made. Left out if it was made in none. */
  readonly trace?: StoredTrace;
}

/** The name of the events of a backfill. */
export function backfillName(hook: string): string {
  return `${hook}.read`;
}

/** Whether a backfill made the event. An event of a defined hook has the name of the hook. */
export function isBackfilled({
  hook,
  name,
  operation,
}: Pick<HookEvent, 'hook' | 'name' | 'operation'>): boolean {
  return operation === null && name === backfillName(hook);
}
