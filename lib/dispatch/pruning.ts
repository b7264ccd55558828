import { setTimeout as sleep } from 'node:timers/promises';
import { loggable } from '../logging/loggable';
import type { Logger } from '../logging/logger';
import type { Store } from '../store/store';
import { PRUNE_START, type Pruned, type PruneStep } from '../store/upkeep';

/** How long rows are kept. */
export interface RetentionOptions {
  /** How long planned events are kept, in milliseconds; 0 keeps them for ever. @defaultValue `604800000` */
  readonly eventsMs?: number;
  /** How long ended deliveries are kept, in milliseconds; 0 keeps them for ever. @defaultValue `2592000000` */
  readonly deliveriesMs?: number;
}

export const RETENTION_DEFAULTS = {
  eventsMs: 604_800_000,
  deliveriesMs: 2_592_000_000,
} as const satisfies Required<RetentionOptions>;

/** Rows that the first statement looks at. Later ones look at more or fewer, so that each takes about the time below. */
const FIRST_BATCH = 1_000;
const SMALLEST_BATCH = 100;
/** For larger ones PostgreSQL prefers to sort the whole table. */
const LARGEST_BATCH = 4_000;
const FAST_MS = 75;
const SLOW_MS = 150;
/** A walk begins again with the oldest row after this many times the time that it took. */
const RESTART_FACTOR = 20;
/** Share of its time that pruning leaves the connection to others. */
const PAUSE_SHARE = 0.25;
/** Time between two reports of what was deleted. */
const REPORT_MS = 10_000;
/** Processes and breakers are deleted if they were not seen or tried for this time. */
const DEAD_MS = 86_400_000;

export interface PrunedCounts {
  readonly deliveries: number;
  readonly events: number;
}

export interface PruningOptions {
  readonly logger: Pick<Logger, 'debug' | 'error'>;
  /** Milliseconds of a clock that never goes back. @defaultValue `performance.now` */
  readonly now?: () => number;
  /** Resolves after that time, or when the signal is aborted. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Deletes old rows in small batches. An event is kept as long as one of its deliveries has not ended. */
export class Pruning {
  readonly #stopped = new AbortController();
  readonly #now: () => number;
  readonly #pause: NonNullable<PruningOptions['pause']>;
  readonly #deliveries: Walk;
  readonly #events: Walk;

  constructor(
    private readonly store: Pick<Store, 'upkeep'>,
    private readonly retention: Required<RetentionOptions>,
    private readonly options: PruningOptions,
  ) {
    const { upkeep } = store;
    this.#now = options.now ?? (() => performance.now());
    this.#pause = options.pause ?? pause;
    this.#deliveries = new Walk(retention.deliveriesMs, (step) => upkeep.pruneDeliveries(step));
    this.#events = new Walk(retention.eventsMs, (step) => upkeep.pruneEvents(step));
  }

  /** Deletes all that is old, one batch after another. Never rejects: the next run goes on where the database failed. */
  async prune(): Promise<PrunedCounts> {
    const [deliveries, events] = [this.#deliveries, this.#events];
    for (const walk of [deliveries, events]) walk.begin(this.#now());
    const counts = () => ({ deliveries: deliveries.deleted, events: events.deleted });
    try {
      await this.#walk([deliveries, events], counts);
      await this.#pruneOthers();
    } catch (error) {
      if (!this.#isStopped)
        this.options.logger.error('Old rows could not be deleted; the next run tries again.', {
          error: loggable(error),
        });
    }
    return counts();
  }

  /** Ends a run after its present batch, and all later ones at once. */
  stop(): void {
    this.#stopped.abort();
  }

  get #isStopped(): boolean {
    return this.#stopped.signal.aborted;
  }

  /** The walks take turns, so that neither waits for the end of the other. */
  async #walk(walks: readonly Walk[], counts: () => PrunedCounts): Promise<void> {
    let reportedAt = this.#now();
    while (!this.#isStopped && walks.some(({ isDone }) => !isDone)) {
      for (const walk of walks) await this.#step(walk);
      if (this.#now() - reportedAt < REPORT_MS) continue;
      reportedAt = this.#now();
      this.#report(counts());
    }
    this.#report(counts());
  }

  async #step(walk: Walk): Promise<void> {
    if (walk.isDone || this.#isStopped) return;
    const startedAt = this.#now();
    await walk.step();
    const tookMs = this.#now() - startedAt;
    walk.adapt(tookMs);
    await this.#pause(tookMs * PAUSE_SHARE, this.#stopped.signal);
  }

  #report({ deliveries, events }: PrunedCounts): void {
    if (deliveries + events === 0) return;
    this.options.logger.debug('Old rows were deleted.', { deliveries, events });
  }

  async #pruneOthers(): Promise<void> {
    const { upkeep } = this.store;
    const { deliveriesMs: ageMs } = this.retention;
    let removed = FIRST_BATCH;
    while (!this.#isStopped && ageMs > 0 && removed === FIRST_BATCH)
      removed = await upkeep.pruneDynamicListeners({ ageMs, limit: FIRST_BATCH });
    if (this.#isStopped) return;
    await upkeep.pruneProcesses(DEAD_MS);
    await upkeep.pruneOriginsAndPaces(DEAD_MS);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { ref: false, signal }).catch(() => undefined);
}

/**
 * Walks over the rows of a kind, from the oldest to the last one that is old enough. The next run goes on there, because rows that are
 * kept would otherwise be read in each run. Now and then a run begins again with the oldest row: what was kept may have ended.
 */
class Walk {
  /** Rows that this run has deleted. */
  deleted = 0;
  isDone = true;
  #place = PRUNE_START;
  #limit = FIRST_BATCH;
  #startedAt = Number.NEGATIVE_INFINITY;
  #tookMs = 0;

  constructor(
    private readonly ageMs: number,
    private readonly prune: (step: PruneStep) => Promise<Pruned>,
  ) {}

  begin(now: number): void {
    this.deleted = 0;
    this.isDone = this.ageMs === 0;
    if (now - this.#startedAt < this.#tookMs * RESTART_FACTOR) return;
    this.#place = PRUNE_START;
    this.#startedAt = now;
    this.#tookMs = 0;
  }

  async step(): Promise<void> {
    const { ageMs } = this;
    const { deleted, last, isLast } = await this.prune({
      ageMs,
      limit: this.#limit,
      after: this.#place,
    });
    this.deleted += deleted;
    this.#place = last;
    this.isDone = isLast;
  }

  /** Chooses the size of the next batch by what the last one took. */
  adapt(tookMs: number): void {
    this.#tookMs += tookMs;
    if (tookMs < FAST_MS) this.#limit = Math.min(LARGEST_BATCH, this.#limit * 2);
    if (tookMs > SLOW_MS) this.#limit = Math.max(SMALLEST_BATCH, Math.floor(this.#limit / 2));
  }
}
