import type { Chunk } from './chunk';
import type { DeliveryState, Outcome, RecordedEffect } from './outcome';

/** One delivery's outcome, with what is kept of the attempt. */
export interface OutcomeRecord {
  readonly chunk: Chunk;
  readonly deliveryId: string;
  readonly eventId: string;
  readonly event: string;
  readonly listenerId: string;
  /** After this outcome. */
  readonly state: DeliveryState;
  readonly outcome: Outcome;
  /** Null where nothing was sent. */
  readonly attempted: Attempted | null;
  readonly effect: RecordedEffect;
  /** When it has ended, the next delivery about its row has its turn. */
  readonly ordered: boolean;
  /** The last one of its chunk. */
  readonly closes: boolean;
}

export interface Attempted {
  readonly at: Date;
  readonly durationMs: number;
  readonly httpStatus: number | null;
  readonly response: string | null;
}
