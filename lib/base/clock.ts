/**
 * Milliseconds on a clock of this process that is never set, for durations. The clock of the machine, `Date.now()`, may be set back or
 * forward at any time.
 */
export function monotonicMs(): number {
  return performance.now();
}

/**
 * The clock of the database, as it was read once, continued by the clock that is never set. Times of rows are compared with it only: the
 * clock of the machine may be hours off.
 */
export class DatabaseClock {
  readonly #offsetMs: number;

  /** `readMs` is the time of the database now, in milliseconds since the epoch. */
  constructor(
    readMs: number,
    private readonly monotonic = monotonicMs,
  ) {
    this.#offsetMs = readMs - monotonic();
  }

  /** Milliseconds since the epoch. */
  nowMs(): number {
    return this.#offsetMs + this.monotonic();
  }
}
