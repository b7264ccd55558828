/** What came of a sample event that was sent to a listener. */
export interface TestResult {
  /** As the recipient saw it in `Hook-Delivery`; stored nowhere. */
  readonly deliveryId: string;
  /** What a delivery would be now. `waiting`: this process lacks the key of the listener's secrets. Nothing is sent again. */
  readonly outcome: 'done' | 'failed' | 'skipped' | 'retrying' | 'rescheduled' | 'waiting';
  /** Why it is not `done`. */
  readonly reason: string | null;
  /** Null where nobody answered. */
  readonly httpStatus: number | null;
  readonly durationMs: number;
  /** The text of the reply, as much as a delivery keeps of it. */
  readonly response: string | null;
}
