/** What Node's timers can wait at most. */
export const LONGEST_TIMER_MS = 2_147_483_647;

/** Remembers when the next delivery is due, and rings then. */
export class DueTimer {
  #timer: NodeJS.Timeout | undefined;
  #at = Number.POSITIVE_INFINITY;

  constructor(private readonly ring: () => void) {}

  get isDue(): boolean {
    return this.#at <= Date.now();
  }

  /** Something is due after so long; what is due sooner counts. */
  in(afterMs: number): void {
    const at = Date.now() + afterMs;
    if (at >= this.#at) return;
    this.reset();
    this.#at = at;
    this.#timer = setTimeout(this.ring, Math.min(afterMs, LONGEST_TIMER_MS)).unref();
  }

  /** Nothing is known to be due. */
  reset(): void {
    clearTimeout(this.#timer);
    this.#at = Number.POSITIVE_INFINITY;
  }
}
