import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from './clock';

/** A point in time of this process, which a changed clock does not move. */
export class Deadline {
  readonly #at: number;

  constructor(ms: number) {
    this.#at = monotonicMs() + ms;
  }

  /** Milliseconds until then; not negative. */
  get leftMs(): number {
    return Math.max(0, this.#at - monotonicMs());
  }

  get hasPassed(): boolean {
    return this.leftMs === 0;
  }
}

/** Node's timers cannot wait longer: what is longer ends after a millisecond. */
export const LONGEST_TIMER_MS = 2_147_483_647;

/** How long a timer waits in the place of a time that may be longer than it can. */
export function timerMs(ms: number): number {
  return Math.min(ms, LONGEST_TIMER_MS);
}

const TIMED_OUT = Symbol('timed out');

/** Whether `work` has ended, well or not, within this time. */
export async function endsWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const ended = work.then(
    () => undefined,
    () => undefined,
  );
  const timeout = new AbortController();
  const waiting = sleep(timerMs(ms), TIMED_OUT, { signal: timeout.signal });
  const first = await Promise.race([ended, waiting]);
  waiting.catch(() => undefined);
  timeout.abort();
  return first !== TIMED_OUT;
}
