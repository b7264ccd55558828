/** Work for one origin. Exactly one of the two is called. */
export interface Job {
  readonly origin: string;
  /** Never rejects. */
  readonly run: () => Promise<void>;
  /** The job is given back: it waited for an origin that answers nothing, or the process stops. */
  readonly giveBack: (why: string) => void;
}

interface Lane {
  readonly waiting: Job[];
  running: number;
  /** When a job of this lane last began or ended while it was full. */
  progressedAt: number;
}

export interface LaneLimits {
  readonly maxConcurrency: number;
  readonly maxConcurrencyPerOrigin: number;
}

/** A full lane in which nothing ended for so long gives its waiting jobs back. */
const STALLED_MS = 500;
const WATCH_MS = 100;

/**
 * Bounds the requests under way, in all and for each origin. Origins take turns, and one that hangs holds no more than its own places:
 * what waits behind them goes back to the database.
 */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  #running = 0;
  #waiting = 0;
  #watch: NodeJS.Timeout | undefined;
  readonly #emptied: (() => void)[] = [];
  #closedWhy: string | undefined;

  readonly #limits: LaneLimits;

  constructor({ maxConcurrency, maxConcurrencyPerOrigin }: LaneLimits) {
    // An origin that has every place of all is full as well.
    const ofOne = Math.min(maxConcurrency, maxConcurrencyPerOrigin);
    this.#limits = { maxConcurrency, maxConcurrencyPerOrigin: ofOne };
  }

  /** Jobs that run or wait. */
  get size(): number {
    return this.#running + this.#waiting;
  }

  add(job: Job): void {
    const lane = this.#lane(job.origin);
    const refusal = this.#closedWhy ?? (this.#isStalled(lane) ? STALLED : undefined);
    if (refusal !== undefined) {
      job.giveBack(refusal);
      return;
    }
    lane.waiting.push(job);
    this.#waiting += 1;
    this.#startAll();
    this.#watchOver();
  }

  /** Gives back what waits, of these jobs or of all. */
  giveBack(why: string, which: (job: Job) => boolean = () => true): void {
    for (const lane of this.#lanes.values()) this.#giveBackOf(lane, why, which);
  }

  /** Whether this origin's places are all taken by requests that nothing came of for a while. */
  isStalledAt(origin: string): boolean {
    const lane = this.#lanes.get(origin);
    return lane !== undefined && this.#isStalled(lane);
  }

  /** Gives back what waits and whatever comes from now on. Resolves when nothing runs any more. */
  close(why: string): Promise<void> {
    this.#closedWhy = why;
    this.giveBack(why);
    if (this.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#emptied.push(resolve));
  }

  #lane(origin: string): Lane {
    const lane = this.#lanes.get(origin) ?? { waiting: [], running: 0, progressedAt: Date.now() };
    this.#lanes.set(origin, lane);
    return lane;
  }

  #startAll(): void {
    for (const [origin, lane] of this.#lanes) {
      if (this.#running >= this.#limits.maxConcurrency) return;
      this.#startOne(origin, lane);
    }
  }

  #startOne(origin: string, lane: Lane): void {
    if (lane.running >= this.#limits.maxConcurrencyPerOrigin) return;
    const job = lane.waiting.shift();
    if (!job) return;
    // To the end of the row: whoever was just served is served last, in a loop that is under way too.
    this.#lanes.delete(origin);
    this.#lanes.set(origin, lane);
    this.#waiting -= 1;
    this.#running += 1;
    lane.running += 1;
    lane.progressedAt = Date.now();
    void job.run().finally(() => this.#ended(origin, lane));
  }

  #ended(origin: string, lane: Lane): void {
    this.#running -= 1;
    lane.running -= 1;
    lane.progressedAt = Date.now();
    if (lane.running === 0 && lane.waiting.length === 0) this.#lanes.delete(origin);
    // The lane that got a place free is next, unless another one has waited for the places of all.
    if (this.#running < this.#limits.maxConcurrency - 1) this.#startOne(origin, lane);
    else this.#startAll();
    if (this.size === 0) for (const resolve of this.#emptied.splice(0)) resolve();
  }

  #isStalled(lane: Lane): boolean {
    return (
      lane.running >= this.#limits.maxConcurrencyPerOrigin &&
      Date.now() - lane.progressedAt > STALLED_MS
    );
  }

  #watchOver(): void {
    this.#watch ??= setInterval(() => {
      for (const lane of this.#lanes.values())
        if (this.#isStalled(lane)) this.#giveBackOf(lane, STALLED, () => true);
      if (this.#waiting > 0) return;
      clearInterval(this.#watch);
      this.#watch = undefined;
    }, WATCH_MS).unref();
  }

  #giveBackOf(lane: Lane, why: string, which: (job: Job) => boolean): void {
    const given = lane.waiting.filter(which);
    if (given.length === 0) return;
    const kept = lane.waiting.filter((job) => !which(job));
    lane.waiting.splice(0, lane.waiting.length, ...kept);
    this.#waiting -= given.length;
    for (const job of given) job.giveBack(why);
  }
}

const STALLED = 'the recipient is answering nothing at the moment';
