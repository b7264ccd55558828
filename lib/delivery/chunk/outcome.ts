import { type JsonValue, storable } from '../../base/json';

/** How one attempt ended, or why there was none. The reason of a success says what is missing of its stored outcome. */
export type Outcome =
  | { readonly kind: 'done'; readonly retval?: JsonValue; readonly reason?: string }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'retrying'; readonly afterMs: number; readonly reason: string }
  | { readonly kind: 'rescheduled'; readonly afterMs: number; readonly reason?: string }
  | {
      readonly kind: 'waiting';
      readonly afterMs: number;
      readonly reason: string;
      /** Only another process can try the delivery then. */
      readonly isForOthers?: true;
    };

/** Whether the delivery has ended. */
export function isFinal({ kind }: Outcome): boolean {
  return kind === 'done' || kind === 'failed' || kind === 'skipped';
}

/** When the delivery is due again; null if it has ended. */
export function afterMsOf(outcome: Outcome): number | null {
  return 'afterMs' in outcome ? outcome.afterMs : null;
}

/** The reason as it can be stored. */
export function reasonOf(outcome: Outcome): string | null {
  return outcome.reason === undefined ? null : storable(outcome.reason);
}

/** What an outcome changes for its listener. */
export interface ListenerEffect {
  /** Deactivate it, for this reason. */
  readonly deactivate?: string;
  /** Send it nothing for this time. */
  readonly pauseMs?: number;
}

/** An effect that changes the listener's row. */
export interface RecordedEffect extends ListenerEffect {
  /** Whether the listener answered with a 2xx. */
  readonly isHealthy?: boolean;
}

/** How often a delivery was tried. */
export interface DeliveryState {
  /** Attempts of any kind. */
  readonly attempt: number;
  /** Attempts that counted as retries. */
  readonly retries: number;
  /** Times that it was rescheduled in a row. */
  readonly reschedules: number;
}

export const UNTRIED: DeliveryState = { attempt: 0, retries: 0, reschedules: 0 };
