import type { JsonValue } from '../../base/json';

/** How one attempt ended, or why there was none. */
export type Outcome =
  | { readonly kind: 'done'; readonly retval?: JsonValue }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'retrying'; readonly afterMs: number; readonly reason: string }
  | { readonly kind: 'rescheduled'; readonly afterMs: number }
  | { readonly kind: 'waiting'; readonly afterMs: number; readonly reason: string };

/** The status of a delivery is the kind of its last outcome. */
export type DeliveryStatus = Outcome['kind'];

export const DELIVERY_STATUSES = [
  'waiting',
  'retrying',
  'rescheduled',
  'done',
  'skipped',
  'failed',
] as const satisfies readonly DeliveryStatus[];

/** What an outcome does to the listener beside its delivery. */
export interface ListenerEffect {
  /** Deactivate it, for this reason. */
  readonly deactivate?: string;
  /** Send it nothing for so long. */
  readonly pauseMs?: number;
}

/** An effect that is news to the listener's row. */
export interface RecordedEffect extends ListenerEffect {
  /** Whether the listener answered with a 2xx. */
  readonly isHealthy?: boolean;
}

/** How often a delivery was tried so far. */
export interface DeliveryState {
  /** Attempts of any kind. */
  readonly attempt: number;
  /** Attempts that counted as retries. */
  readonly retries: number;
  /** Times it was rescheduled in a row. */
  readonly reschedules: number;
}

export const UNTRIED: DeliveryState = { attempt: 0, retries: 0, reschedules: 0 };
