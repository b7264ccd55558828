import type { ConditionRow } from './filters';
import type { ListenerValues, SealedValues } from './listener-columns';

/** A listener as it is read, with its conditions. */
export interface ListenerRow extends ListenerValues {
  readonly id: string;
  readonly active: boolean;
  readonly inactive_reason: string | null;
  readonly inactive_since: Date | null;
  readonly paused_until: Date | null;
  readonly dynamic: boolean;
  readonly failing_since: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly match: readonly ConditionRow[];
}

export interface StoredListenerRow extends ListenerRow {
  readonly identity: string;
  /** Null also after the time in which both secrets are valid. */
  readonly previous_secret: string | null;
}

export interface ListenerPageQuery {
  readonly limit: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
}

/** A listener to store, with its match keys. */
export interface NewListenerRow {
  readonly identity: string;
  readonly values: SealedValues;
  readonly match: readonly ConditionRow[];
  readonly keys: readonly string[];
}

/** What is stored of a listener that was created or updated. */
export interface UpsertedRow {
  readonly id: string;
  readonly identity: string;
  readonly created: boolean;
  readonly createdAt: Date;
}

export interface Deactivation {
  readonly id: string;
  /** Shown as the listener's `inactiveReason`. */
  readonly why: string;
}

/** A listener that a statement has just deactivated. */
export interface DeactivatedRow {
  readonly id: string;
  readonly reason: string;
  readonly hook: string | null;
  readonly pattern: string | null;
  readonly target: string;
  readonly owner: string | null;
  readonly key: string | null;
  readonly failing_since: Date | null;
}
