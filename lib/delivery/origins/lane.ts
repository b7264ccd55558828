/** Work for one origin. Exactly one of the two is called. */
export interface Job {
  readonly origin: string;
  /** Never rejects. */
  readonly run: () => Promise<void>;
  /** The job is given back: it waited for an origin that does not keep up, or the process stops. */
  readonly giveBack: (why: string) => void;
}

interface Waiting {
  readonly job: Job;
  readonly since: number;
}

/** A full lane in which nothing began or ended for so long is stalled. */
const STALLED_MS = 500;
/** Having given something back, a lane is crowded for so long … */
const CROWDED_MS = 5_000;
/** … and holds so many waiting jobs for each of its places. */
const HELD_A_PLACE = 2;

/** The requests to one origin: those under way, and those that wait for one of its places. */
export class Lane {
  readonly #waiting: Waiting[] = [];
  #running = 0;
  #progressedAt = Date.now();
  #crowdedUntil = 0;

  constructor(
    readonly origin: string,
    private readonly places: number,
    /** Counted among those that share a quarter of the places of all. */
    public isSlow: boolean,
  ) {}

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
    return this.isFull && Date.now() - this.#progressedAt > STALLED_MS;
  }

  get isCrowded(): boolean {
    return this.#crowdedUntil > Date.now();
  }

  /** Nothing needs to be remembered of it. */
  get isIdle(): boolean {
    return this.#running === 0 && this.#waiting.length === 0 && !this.isCrowded;
  }

  /** How many waiting jobs it holds while it is crowded. */
  get held(): number {
    return HELD_A_PLACE * this.places;
  }

  /** How long the first job has waited. */
  get waitedMs(): number {
    const [first] = this.#waiting;
    return first ? Date.now() - first.since : 0;
  }

  add(job: Job): void {
    this.#waiting.push({ job, since: Date.now() });
  }

  next(): Job | undefined {
    return this.#waiting.shift()?.job;
  }

  /** One job more is under way, or one less. */
  count(change: 1 | -1): void {
    this.#running += change;
    this.#progressedAt = Date.now();
  }

  /** Takes jobs out that wait, to be given back. */
  take(which: (job: Job) => boolean): readonly Job[] {
    const taken = this.#waiting.filter(({ job }) => which(job));
    if (taken.length === 0) return [];
    const kept = this.#waiting.filter(({ job }) => !which(job));
    this.#waiting.splice(0, this.#waiting.length, ...kept);
    this.#crowdedUntil = Date.now() + CROWDED_MS;
    return taken.map(({ job }) => job);
  }
}
