import { SlowOrigins } from './slow-origins';

/** Work for one origin. Exactly one of the two is called. */
export interface Job {
  readonly origin: string;
  /** Never rejects. */
  readonly run: () => Promise<void>;
  /** The job is given back: it waited for an origin that does not keep up, or the process stops. */
  readonly giveBack: (why: string) => void;
}

interface Lane {
  readonly origin: string;
  readonly waiting: Waiting[];
  running: number;
  /** When a job of this lane last began or ended while it was full. */
  progressedAt: number;
  /** Since it last gave something back, it holds little. */
  crowdedUntil: number;
  /** Counted among those that share a quarter of the places. */
  isSlow: boolean;
}

interface Waiting {
  readonly job: Job;
  readonly since: number;
}

export interface LaneLimits {
  readonly maxConcurrency: number;
  readonly maxConcurrencyPerOrigin: number;
}

/** A full lane in which nothing ended for so long gives its waiting jobs back … */
const STALLED_MS = 500;
/** … and where much is held, one whose first has waited for so long. */
const CROWDING_MS = 1_000;
const WATCH_MS = 100;
/** Where more is held than this, what waits too long is in the way of others. */
const MUCH = 1_000;
const CROWDED_MS = 5_000;
/** Of what waits for a crowded lane, so many for each place are held. */
const HELD_A_PLACE = 2;
/** Origins that timed out lately share one place of so many. */
const SLOW_SHARE = 4;

/**
 * Bounds the requests under way, in all and for each origin. Origins take turns; one that hangs or does not keep up holds no more than
 * its own places, what waits behind them goes back to the database; and all that timed out lately share a quarter of the places.
 */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  readonly #slow = new SlowOrigins();
  #running = 0;
  #slowRunning = 0;
  #waiting = 0;
  #watch: NodeJS.Timeout | undefined;
  readonly #emptied: (() => void)[] = [];
  #closedWhy: string | undefined;
  readonly #limits: LaneLimits & { readonly maxSlow: number };

  constructor(
    { maxConcurrency, maxConcurrencyPerOrigin }: LaneLimits,
    /** Called when a lane that had given something back takes more. */
    private readonly hasRoom: () => void = () => undefined,
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
    lane.waiting.push({ job, since: Date.now() });
    this.#waiting += 1;
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
    if (!lane) return null;
    if (this.#isStalled(lane)) return 0;
    if (!isCrowded(lane)) return null;
    return lane.waiting.length > 0 ? 0 : this.#heldOf();
  }

  /** Gives back what waits and whatever comes from now on. Resolves when nothing runs any more. */
  close(why: string): Promise<void> {
    this.#closedWhy = why;
    this.giveBack(why);
    if (this.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#emptied.push(resolve));
  }

  #lane(origin: string): Lane {
    const fresh = () => ({
      origin,
      waiting: [],
      running: 0,
      progressedAt: Date.now(),
      crowdedUntil: 0,
      isSlow: this.#slow.has(origin),
    });
    const lane = this.#lanes.get(origin) ?? fresh();
    this.#lanes.set(origin, lane);
    return lane;
  }

  #refusalOf(lane: Lane): string | undefined {
    if (this.#isStalled(lane)) return STALLED;
    return isCrowded(lane) && lane.waiting.length >= this.#heldOf() ? CROWDED : undefined;
  }

  #heldOf(): number {
    return HELD_A_PLACE * this.#limits.maxConcurrencyPerOrigin;
  }

  #startAll(): void {
    for (const lane of this.#lanes.values()) {
      if (this.#running >= this.#limits.maxConcurrency) return;
      this.#startOne(lane);
    }
  }

  #startOne(lane: Lane): void {
    if (lane.running >= this.#limits.maxConcurrencyPerOrigin) return;
    if (lane.isSlow && this.#slowRunning >= this.#limits.maxSlow) return;
    const next = lane.waiting.shift();
    if (!next) return;
    // To the end of the row: whoever was just served is served last, in a loop that is under way too.
    this.#lanes.delete(lane.origin);
    this.#lanes.set(lane.origin, lane);
    this.#waiting -= 1;
    this.#count(lane, 1);
    this.#sayRoom(lane);
    void next.job.run().finally(() => this.#ended(lane));
  }

  #ended(lane: Lane): void {
    this.#count(lane, -1);
    if (lane.running === 0 && lane.waiting.length === 0 && !isCrowded(lane))
      this.#lanes.delete(lane.origin);
    // The lane that got a place free is next, unless another one has waited for the places of all.
    const isOpen = this.#running < this.#limits.maxConcurrency - 1 && !lane.isSlow;
    if (isOpen) this.#startOne(lane);
    else this.#startAll();
    this.#sayRoom(lane);
    if (this.size === 0) for (const resolve of this.#emptied.splice(0)) resolve();
  }

  #sayRoom(lane: Lane): void {
    if (isCrowded(lane) && lane.waiting.length === 0) this.hasRoom();
  }

  #count(lane: Lane, change: 1 | -1): void {
    this.#running += change;
    if (lane.isSlow) this.#slowRunning += change;
    lane.running += change;
    lane.progressedAt = Date.now();
  }

  #markSlow(origin: string, isSlow: boolean): void {
    const lane = this.#lanes.get(origin);
    if (!lane || lane.isSlow === isSlow) return;
    lane.isSlow = isSlow;
    this.#slowRunning += isSlow ? lane.running : -lane.running;
  }

  #isStalled(lane: Lane): boolean {
    return (
      lane.running >= this.#limits.maxConcurrencyPerOrigin &&
      Date.now() - lane.progressedAt > STALLED_MS
    );
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
    const now = Date.now();
    for (const lane of this.#lanes.values()) {
      if (this.#isStalled(lane)) this.#giveBackOf(lane, STALLED, () => true);
      const since = lane.waiting[0]?.since ?? now;
      if (isMuch && now - since > CROWDING_MS) this.#giveBackOf(lane, CROWDED, () => true);
      if (lane.running === 0 && lane.waiting.length === 0 && !isCrowded(lane))
        this.#lanes.delete(lane.origin);
    }
  }

  #giveBackOf(lane: Lane, why: string, which: (job: Job) => boolean): void {
    const given = lane.waiting.filter(({ job }) => which(job));
    if (given.length === 0) return;
    const kept = lane.waiting.filter(({ job }) => !which(job));
    lane.waiting.splice(0, lane.waiting.length, ...kept);
    this.#waiting -= given.length;
    lane.crowdedUntil = Date.now() + CROWDED_MS;
    for (const { job } of given) job.giveBack(why);
  }
}

function isCrowded({ crowdedUntil }: Lane): boolean {
  return crowdedUntil > Date.now();
}

const STALLED = 'the recipient is answering nothing at the moment';
const CROWDED = 'the recipient does not keep up at the moment';
