import type { Listener } from './listener';

/** Sends sample events to listeners. */
export interface Tester {
  test(listener: Listener): Promise<TestResult>;
}

/** The outcome of a sample event that was sent to a listener. */
export interface TestResult {
  /** The value of the header `Hook-Delivery`. No delivery of that id is stored. */
  readonly deliveryId: string;
  /** The status that a delivery would have now. `waiting`: this process lacks the encryption key of the listener's secrets. A test is never retried. */
  readonly outcome: 'done' | 'failed' | 'skipped' | 'retrying' | 'rescheduled' | 'waiting';
  /** Why it is not `done`. */
  readonly reason: string | null;
  /** Null if there was no reply. */
  readonly httpStatus: number | null;
  readonly durationMs: number;
  /** The text of the reply, cut like that of a delivery. */
  readonly response: string | null;
}
