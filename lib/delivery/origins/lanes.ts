import { monotonicMs } from '../../base/clock';
import { ExpiringMap } from '../../base/expiring-map';
import type { Wakeup } from '../chunk/wakeup';
import { type Job, Lane } from './lane';

export interface LaneLimits {
  readonly maxConcurrency: number;
  readonly maxConcurrencyPerOrigin: number;
}

const WATCH_MS = 100;
/** With more jobs here than this, a lane whose jobs wait too long is in the way of others … */
const CROWDED_SIZE = 1_000;
/** … and gives back all its waiting jobs when the first one has waited for this time. A stalled lane does so in any case. */
const CROWDING_MS = 1_000;
/** An origin is slow for this time after a time-out, unless it answers. It is longer than a breaker stays open. */
const SLOW_MS = 600_000;
/** Slow origins remembered at most. */
const MAX_SLOW_ORIGINS = 10_000;
/** Slow origins share this part of all places (1/4) … */
const SLOW_SHARE = 4;
/** … and at most this number of their jobs wait, all together, so that they do not fill the process. */
const MAX_SLOW_WAITING = 500;

/**
 * Limits the requests in flight, in all and for each origin. Origins take turns. An origin that hangs or does not keep up has only its own
 * places, and the jobs that wait for it are given back. Origins that timed out lately share a quarter of the places.
 */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  readonly #slow: ExpiringMap<string, true>;
  #running = 0;
  #slowRunning = 0;
  #slowWaiting = 0;
  #waiting = 0;
  #watch: NodeJS.Timeout | undefined;
  readonly #emptied: (() => void)[] = [];
  #closedWhy: string | undefined;
  readonly #limits: LaneLimits & { readonly maxSlow: number };

  constructor(
    { maxConcurrency, maxConcurrencyPerOrigin }: LaneLimits,
    /** Woken when a lane that has given jobs back takes more. */
    private readonly wakeup: Pick<Wakeup, 'due'>,
    private readonly now = monotonicMs,
  ) {
    this.#slow = new ExpiringMap(MAX_SLOW_ORIGINS, now);
    // An origin that has all places of all origins is full as well.
    const perOrigin = Math.min(maxConcurrency, maxConcurrencyPerOrigin);
    const maxSlow = Math.max(1, Math.floor(maxConcurrency / SLOW_SHARE));
    this.#limits = { maxConcurrency, maxConcurrencyPerOrigin: perOrigin, maxSlow };
  }

  /** Jobs that run or wait. */
  get size(): number {
    return this.#running + this.#waiting;
  }

  add(job: Job): void {
    const lane = this.#lane(job.origin);
    const refusal = this.#closedWhy ?? this.#refusalOf(lane);
    if (refusal !== undefined) {
      job.giveBack(refusal);
      return;
    }
    lane.add(job);
    this.#countWaiting(lane, 1);
    this.#startAll();
    this.#watchOver();
  }

  /** Gives back the waiting jobs that `which` selects, or all. */
  giveBack(why: string, which: (job: Job) => boolean = () => true): void {
    for (const lane of this.#lanes.values()) this.#giveBackOf(lane, why, which);
  }

  /** A request to this origin timed out. */
  markTimedOut(origin: string): void {
    this.#slow.set(origin, true, this.now() + SLOW_MS);
    this.#markSlow(origin, true);
  }

  /** A request to this origin was answered. */
  markAnswered(origin: string): void {
    if (!this.#slow.delete(origin)) return;
    this.#markSlow(origin, false);
    this.#startAll();
  }

  /** How many deliveries to this origin may be claimed at once; null: any number. */
  claimLimitOf(origin: string): number | null {
    const lane = this.#lanes.get(origin);
    const isSlow = lane?.isSlow ?? this.#slow.has(origin);
    if (isSlow && this.#slowWaiting >= MAX_SLOW_WAITING / 2) return 0;
    if (!lane) return isSlow ? this.#limits.maxConcurrencyPerOrigin : null;
    if (lane.isStalled) return 0;
    if (!isSlow && !lane.isCrowded) return null;
    return lane.waiting > 0 ? 0 : lane.waitingLimit;
  }

  /** Gives back the waiting jobs and those that are added from now on. Resolves when no job runs any more. */
  close(why: string): Promise<void> {
    this.#closedWhy = why;
    this.giveBack(why);
    if (this.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#emptied.push(resolve));
  }

  #lane(origin: string): Lane {
    const lane = this.#lanes.get(origin) ?? this.#newLane(origin);
    this.#lanes.set(origin, lane);
    return lane;
  }

  #newLane(origin: string): Lane {
    const { maxConcurrencyPerOrigin } = this.#limits;
    return new Lane(origin, maxConcurrencyPerOrigin, this.#slow.has(origin), this.now);
  }

  #refusalOf(lane: Lane): string | undefined {
    if (lane.isStalled) return STALLED;
    if (lane.isSlow && this.#slowWaiting >= MAX_SLOW_WAITING) return CROWDED;
    return lane.isCrowded && lane.waiting >= lane.waitingLimit ? CROWDED : undefined;
  }

  #startAll(): void {
    for (const lane of this.#lanes.values()) {
      if (this.#running >= this.#limits.maxConcurrency) return;
      this.#startOne(lane);
    }
  }

  #startOne(lane: Lane): void {
    if (lane.isFull) return;
    if (lane.isSlow && this.#slowRunning >= this.#limits.maxSlow) return;
    const job = lane.next();
    if (!job) return;
    // The lane goes to the end, so that the other origins are served first. A loop over the lanes that is running sees the new order.
    this.#lanes.delete(lane.origin);
    this.#lanes.set(lane.origin, lane);
    this.#countWaiting(lane, -1);
    this.#count(lane, 1);
    this.#wakeIfRoom(lane);
    void job.run().finally(() => this.#ended(lane));
  }

  #ended(lane: Lane): void {
    this.#count(lane, -1);
    if (lane.isIdle) this.#lanes.delete(lane.origin);
    // This lane is next, unless another lane has waited for a place of all.
    const isOpen = this.#running < this.#limits.maxConcurrency - 1 && !lane.isSlow;
    if (isOpen) this.#startOne(lane);
    else this.#startAll();
    this.#wakeIfRoom(lane);
    if (this.size === 0) for (const resolve of this.#emptied.splice(0)) resolve();
  }

  #wakeIfRoom(lane: Lane): void {
    const hasRoom = lane.isSlow ? this.#slowWaiting < MAX_SLOW_WAITING / 2 : lane.isCrowded;
    if (hasRoom && lane.waiting === 0) this.wakeup.due();
  }

  #count(lane: Lane, change: 1 | -1): void {
    this.#running += change;
    if (lane.isSlow) this.#slowRunning += change;
    lane.countRunning(change);
  }

  #countWaiting(lane: Lane, change: number): void {
    this.#waiting += change;
    if (lane.isSlow) this.#slowWaiting += change;
  }

  #markSlow(origin: string, isSlow: boolean): void {
    const lane = this.#lanes.get(origin);
    if (!lane || lane.isSlow === isSlow) return;
    lane.isSlow = isSlow;
    const sign = isSlow ? 1 : -1;
    this.#slowRunning += sign * lane.running;
    this.#slowWaiting += sign * lane.waiting;
  }

  #watchOver(): void {
    this.#watch ??= setInterval(() => {
      this.#relieve();
      if (this.#waiting > 0) return;
      clearInterval(this.#watch);
      this.#watch = undefined;
    }, WATCH_MS).unref();
  }

  #relieve(): void {
    const isCrowded = this.size > CROWDED_SIZE;
    for (const lane of this.#lanes.values()) {
      if (lane.isStalled) this.#giveBackOf(lane, STALLED, () => true);
      if (isCrowded && lane.waitedMs > CROWDING_MS) this.#giveBackOf(lane, CROWDED, () => true);
      if (lane.isIdle) this.#lanes.delete(lane.origin);
    }
  }

  #giveBackOf(lane: Lane, why: string, which: (job: Job) => boolean): void {
    const given = lane.removeWaiting(which);
    this.#countWaiting(lane, -given.length);
    for (const job of given) job.giveBack(why);
  }
}

const STALLED = 'the recipient is answering nothing at the moment';
const CROWDED = 'the recipient does not keep up at the moment';
