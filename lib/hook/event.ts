import type { JsonRecord } from '../base/json';
import type { Operation } from './operation';

/** What happened, projected to the provided fields. Values are JSON, by field path. */
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
  /** Extra request headers that the hook named. */
  readonly headers: Readonly<Record<string, string>>;
  readonly occurredAt: Date;
  /** The new values; the old ones where the row was removed. */
  readonly data: JsonRecord;
  /** The old values; null on insert and remove, and for a defined hook. */
  readonly previous: JsonRecord | null;
  /** Paths whose value differs from the previous one; all provided ones on insert, none on remove. */
  readonly changed: readonly string[];
}
