import { LONGEST_TIMER_MS } from '../base/deadline';
import type { OpenTransaction } from './link';
import type { EndedOutcome } from './outcome';

/** Time to the second look; each further one comes half as much later, up to the longest pause. */
const FIRST_PAUSE_MS = 15;
/** Where this process runs tasks, the end is probably reported. */
const REPORTED_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 1_000;

export interface WaitOptions {
  readonly timeoutMs: number;
  /** The transaction that stores the task, if it may be open. */
  readonly transaction: OpenTransaction | null;
  /** The process may end before the wait. */
  readonly isBackground?: boolean;
}

/** One wait for the end of a task. Its first end counts. */
export class Wait {
  readonly outcome: Promise<EndedOutcome>;
  resolve: (outcome: EndedOutcome) => void = () => undefined;
  reject: (error: unknown) => void = () => undefined;
  #pauseMs = 0;
  #lookAt: number;

  constructor(
    readonly id: string,
    readonly options: WaitOptions,
    lookAt: number,
  ) {
    this.#lookAt = lookAt;
    this.outcome = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** When the task is looked for next, on the clock that is never set. */
  get lookAt(): number {
    return this.#lookAt;
  }

  get isUncommitted(): boolean {
    return this.options.transaction?.isOpen === true;
  }

  /** The task was looked for. */
  lookLater(now: number, isReported: boolean): void {
    const first = isReported ? REPORTED_PAUSE_MS : FIRST_PAUSE_MS;
    this.#pauseMs = Math.min(Math.max(first, this.#pauseMs * 1.5), LONGEST_PAUSE_MS);
    this.#lookAt = now + this.#pauseMs;
  }

  /** Calls `late` at the time limit, unless the wait has ended. */
  limit(late: () => Promise<void>): void {
    const { timeoutMs, isBackground } = this.options;
    if (timeoutMs > LONGEST_TIMER_MS) return;
    const timer = setTimeout(() => void late(), timeoutMs);
    if (isBackground) timer.unref();
    const stop = () => clearTimeout(timer);
    this.outcome.then(stop, stop);
  }
}
