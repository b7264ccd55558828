import { monotonicMs } from '../base/clock';
import { timerMs } from '../base/deadline';
import type { Wakeable } from '../delivery/chunk/wakeup';

/** Remembers when the next delivery is due, and wakes the engine then. */
export class DueTimer {
  #timer: NodeJS.Timeout | undefined;
  #at = Number.POSITIVE_INFINITY;

  constructor(
    private readonly engine: Pick<Wakeable, 'committed'>,
    private readonly now = monotonicMs,
  ) {}

  get isDue(): boolean {
    return this.#at <= this.now();
  }

  /** A delivery is due in `afterMs`; ignored if one is due sooner. */
  in(afterMs: number): void {
    const at = this.now() + afterMs;
    if (at >= this.#at) return;
    this.reset();
    this.#at = at;
    this.#timer = setTimeout(() => this.engine.committed(), timerMs(afterMs)).unref();
  }

  /** No delivery is known to be due. */
  reset(): void {
    clearTimeout(this.#timer);
    this.#at = Number.POSITIVE_INFINITY;
  }
}
