import { required, type Shape, wholeNumberFrom } from './rules';

/** How many events of a listener one request holds, and how long they wait for each other. */
export interface BatchOptions {
  /** The most events that one request holds, from 1 to 100. */
  readonly maxEvents: number;
  /** How long an event waits at most until its batch is sent, in milliseconds, from 0 to 3600000. */
  readonly maxWaitMs: number;
}

export const BATCH_SHAPE: Shape<BatchOptions> = {
  maxEvents: required(wholeNumberFrom(1, 100)),
  maxWaitMs: required(wholeNumberFrom(0, 3_600_000)),
};
