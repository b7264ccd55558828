import type { Chunk } from './chunk';
import type { DeliveryState, Outcome, RecordedEffect } from './outcome';

/** The outcome of one delivery, with the facts of the attempt that are stored. */
export interface OutcomeRecord {
  readonly chunk: Chunk;
  readonly deliveryId: string;
  readonly eventId: string;
  /** Empty if the event was removed. */
  readonly hook: string;
  readonly event: string;
  readonly listenerId: string;
  /** After this outcome. */
  readonly state: DeliveryState;
  readonly outcome: Outcome;
  /** Null if nothing was sent. */
  readonly attempted: Attempted | null;
  readonly effect: RecordedEffect;
  /** The next delivery about the same row waits until this one has ended. */
  readonly ordered: boolean;
  /** A transaction of the handler has stored it. The recorder closes the chunk and reports it. */
  readonly isStored?: true;
  /** This is the last outcome of its chunk. */
  readonly closes: boolean;
}

export interface Attempted {
  readonly at: Date;
  readonly durationMs: number;
  readonly httpStatus: number | null;
  readonly response: string | null;
  /** What operators may know about a request without a reply, such as the address. */
  readonly detail: string | null;
}
