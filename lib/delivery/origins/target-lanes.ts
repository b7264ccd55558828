import { monotonicMs } from '../../base/clock';
import { handlerName } from '../../options/handler-ref';
import type { Wakeup } from '../chunk/wakeup';
import type { Job } from './lane';
import { type LaneLimits, Lanes } from './lanes';

/**
 * Calls of handlers at once in this process, in all and of one handler. A handler may use pooled connections of the application, and run
 * for minutes.
 */
const HANDLER_LIMITS: LaneLimits = { maxConcurrency: 32, maxConcurrencyPerOrigin: 8 };

/** The lanes of URLs and those of handlers. Each kind has places of its own, so that handlers which hang delay no request. */
export class TargetLanes {
  readonly #urls: Lanes;
  readonly #handlers: Lanes;

  constructor(limits: LaneLimits, wakeup: Pick<Wakeup, 'due'>, now = monotonicMs) {
    this.#urls = new Lanes(limits, wakeup, now);
    this.#handlers = new Lanes(HANDLER_LIMITS, wakeup, now);
  }

  /** Jobs that run or wait. */
  get size(): number {
    return this.#urls.size + this.#handlers.size;
  }

  add(job: Job): void {
    this.#of(job.origin).add(job);
  }

  /** Gives back the waiting jobs that `which` selects. */
  giveBack(why: string, which: (job: Job) => boolean): void {
    for (const lanes of this.#all) lanes.giveBack(why, which);
  }

  markTimedOut(origin: string): void {
    this.#of(origin).markTimedOut(origin);
  }

  markAnswered(origin: string): void {
    this.#of(origin).markAnswered(origin);
  }

  /** How many deliveries to this origin may be claimed at once; null: any number. */
  claimLimitOf(origin: string): number | null {
    return this.#of(origin).claimLimitOf(origin);
  }

  /** Gives back the waiting jobs and those that are added from now on. Resolves when no job runs any more. */
  async close(why: string): Promise<void> {
    await Promise.all(this.#all.map((lanes) => lanes.close(why)));
  }

  get #all(): readonly Lanes[] {
    return [this.#urls, this.#handlers];
  }

  #of(origin: string): Lanes {
    return handlerName(origin) === null ? this.#urls : this.#handlers;
  }
}
