import type { Wakeup } from '../chunk/wakeup';
import { type Job, Lane } from './lane';
import { SlowOrigins } from './slow-origins';

export interface LaneLimits {
  readonly maxConcurrency: number;
  readonly maxConcurrencyPerOrigin: number;
}

const WATCH_MS = 100;
/** Where more jobs are held than this, what waits too long is in the way of others … */
const MUCH = 1_000;
/** … so a lane whose first has waited for so long gives what waits back. A stalled one does so in any case. */
const CROWDING_MS = 1_000;
/** Origins that timed out lately share one place of so many … */
const SLOW_SHARE = 4;
/** … and what waits for those is held up to so much, all together: there is more to be held than what waits for them. */
const SLOW_HELD = 500;

/**
 * Bounds the requests under way, in all and for each origin. Origins take turns; one that hangs or does not keep up holds no more than
 * its own places, what waits behind them goes back to the database; and all that timed out lately share a quarter of the places.
 */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  readonly #slow = new SlowOrigins();
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
    /** Woken when a lane that had given something back takes more. */
    private readonly wakeup: Pick<Wakeup, 'due'>,
  ) {
    // An origin that has every place of all is full as well.
    const ofOne = Math.min(maxConcurrency, maxConcurrencyPerOrigin);
    const maxSlow = Math.max(1, Math.floor(maxConcurrency / SLOW_SHARE));
    this.#limits = { maxConcurrency, maxConcurrencyPerOrigin: ofOne, maxSlow };
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

  /** Gives back what waits, of these jobs or of all. */
  giveBack(why: string, which: (job: Job) => boolean = () => true): void {
    for (const lane of this.#lanes.values()) this.#giveBackOf(lane, why, which);
  }

  /** A request to this origin timed out. */
  noteTimedOut(origin: string): void {
    this.#slow.add(origin);
    this.#markSlow(origin, true);
  }

  /** A request to this origin was answered. */
  noteAnswered(origin: string): void {
    if (!this.#slow.delete(origin)) return;
    this.#markSlow(origin, false);
    this.#startAll();
  }

  /** How many more deliveries this origin takes at once; null: as many as there are. */
  quantumOf(origin: string): number | null {
    const lane = this.#lanes.get(origin);
    const isSlow = lane?.isSlow ?? this.#slow.has(origin);
    if (isSlow && this.#slowWaiting >= SLOW_HELD / 2) return 0;
    if (!lane) return isSlow ? this.#limits.maxConcurrencyPerOrigin : null;
    if (lane.isStalled) return 0;
    if (!isSlow && !lane.isCrowded) return null;
    return lane.waiting > 0 ? 0 : lane.held;
  }

  /** Gives back what waits and whatever comes from now on. Resolves when nothing runs any more. */
  close(why: string): Promise<void> {
    this.#closedWhy = why;
    this.giveBack(why);
    if (this.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#emptied.push(resolve));
  }

  #lane(origin: string): Lane {
    const { maxConcurrencyPerOrigin: places } = this.#limits;
    const lane = this.#lanes.get(origin) ?? new Lane(origin, places, this.#slow.has(origin));
    this.#lanes.set(origin, lane);
    return lane;
  }

  #refusalOf(lane: Lane): string | undefined {
    if (lane.isStalled) return STALLED;
    if (lane.isSlow && this.#slowWaiting >= SLOW_HELD) return CROWDED;
    return lane.isCrowded && lane.waiting >= lane.held ? CROWDED : undefined;
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
    // To the end of the row: whoever was just served is served last, in a loop that is under way too.
    this.#lanes.delete(lane.origin);
    this.#lanes.set(lane.origin, lane);
    this.#countWaiting(lane, -1);
    this.#count(lane, 1);
    this.#sayRoom(lane);
    void job.run().finally(() => this.#ended(lane));
  }

  #ended(lane: Lane): void {
    this.#count(lane, -1);
    if (lane.isIdle) this.#lanes.delete(lane.origin);
    // The lane that got a place free is next, unless another one has waited for the places of all.
    const isOpen = this.#running < this.#limits.maxConcurrency - 1 && !lane.isSlow;
    if (isOpen) this.#startOne(lane);
    else this.#startAll();
    this.#sayRoom(lane);
    if (this.size === 0) for (const resolve of this.#emptied.splice(0)) resolve();
  }

  #sayRoom(lane: Lane): void {
    const isHeld = lane.isSlow ? this.#slowWaiting < SLOW_HELD / 2 : lane.isCrowded;
    if (isHeld && lane.waiting === 0) this.wakeup.due();
  }

  #count(lane: Lane, change: 1 | -1): void {
    this.#running += change;
    if (lane.isSlow) this.#slowRunning += change;
    lane.count(change);
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
    const isMuch = this.size > MUCH;
    for (const lane of this.#lanes.values()) {
      if (lane.isStalled) this.#giveBackOf(lane, STALLED, () => true);
      if (isMuch && lane.waitedMs > CROWDING_MS) this.#giveBackOf(lane, CROWDED, () => true);
      if (lane.isIdle) this.#lanes.delete(lane.origin);
    }
  }

  #giveBackOf(lane: Lane, why: string, which: (job: Job) => boolean): void {
    const given = lane.take(which);
    this.#countWaiting(lane, -given.length);
    for (const job of given) job.giveBack(why);
  }
}

const STALLED = 'the recipient is answering nothing at the moment';
const CROWDED = 'the recipient does not keep up at the moment';
