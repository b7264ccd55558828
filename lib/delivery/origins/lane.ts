import { monotonicMs } from '../../base/clock';
/** Work for one origin. Exactly one of the two methods is called, once. */
export interface Job {
  readonly origin: string;
  /** Never rejects. */
  run(): Promise<void>;
  /** The job does not run, because its origin does not keep up or the process stops. */
  giveBack(why: string): void;
}

interface WaitingJob {
  readonly job: Job;
  readonly since: number;
}

/** A full lane is stalled if no job has started or ended for this time. */
const STALLED_MS = 500;
/** A lane that has given jobs back is crowded for this time … */
const CROWDED_MS = 5_000;
/** … in which this many jobs may wait for each of its places. */
const WAITING_PER_PLACE = 2;

/** The jobs of one origin: those that run, and those that wait for one of its places. */
export class Lane {
  readonly #waiting: WaitingJob[] = [];
  #running = 0;
  #progressedAt: number;
  #crowdedUntil = 0;

  constructor(
    readonly origin: string,
    private readonly places: number,
    /** The origin is one of those that share a quarter of all places. */
    public isSlow: boolean,
    private readonly now = monotonicMs,
  ) {
    this.#progressedAt = now();
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get isFull(): boolean {
    return this.#running >= this.places;
  }

  get isStalled(): boolean {
    return this.isFull && this.now() - this.#progressedAt > STALLED_MS;
  }

  get isCrowded(): boolean {
    return this.#crowdedUntil > this.now();
  }

  /** The lane holds nothing that has to be remembered. */
  get isIdle(): boolean {
    return this.#running === 0 && this.#waiting.length === 0 && !this.isCrowded;
  }

  /** How many jobs may wait while the lane is crowded. */
  get waitingLimit(): number {
    return WAITING_PER_PLACE * this.places;
  }

  /** How long the first waiting job has waited. */
  get waitedMs(): number {
    const [first] = this.#waiting;
    return first ? this.now() - first.since : 0;
  }

  add(job: Job): void {
    this.#waiting.push({ job, since: this.now() });
  }

  /** Removes the first waiting job, which starts now. */
  next(): Job | undefined {
    return this.#waiting.shift()?.job;
  }

  /** A job has started or ended. */
  countRunning(change: 1 | -1): void {
    this.#running += change;
    this.#progressedAt = this.now();
  }

  /** Removes the waiting jobs that `which` selects, to be given back. */
  removeWaiting(which: (job: Job) => boolean): readonly Job[] {
    const removed = this.#waiting.filter(({ job }) => which(job));
    if (removed.length === 0) return [];
    const kept = this.#waiting.filter(({ job }) => !which(job));
    this.#waiting.splice(0, this.#waiting.length, ...kept);
    this.#crowdedUntil = this.now() + CROWDED_MS;
    return removed.map(({ job }) => job);
  }
}
