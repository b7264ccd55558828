import type { Store } from '../store/store';

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

/** Rows deleted in one statement. */
const BATCH = 1_000;
/** Processes and breakers are deleted if they were not seen or tried for this time. */
const DEAD_MS = 86_400_000;

/** Deletes old rows in small batches. An event is kept as long as one of its deliveries has not ended. */
export class Pruning {
  constructor(
    private readonly store: Store,
    private readonly retention: Required<RetentionOptions>,
  ) {}

  /** Deletes one batch of each kind. Returns whether there may be more. */
  async prune(): Promise<boolean> {
    const { upkeep } = this.store;
    const { eventsMs, deliveriesMs } = this.retention;
    let largest = 0;
    if (deliveriesMs > 0) {
      const old = { ageMs: deliveriesMs, limit: BATCH };
      largest = await upkeep.pruneDeliveries(old);
      await upkeep.pruneDynamicListeners(old);
    }
    if (eventsMs > 0)
      largest = Math.max(largest, await upkeep.pruneEvents({ ageMs: eventsMs, limit: BATCH }));
    await upkeep.pruneProcesses(DEAD_MS);
    await upkeep.pruneOriginsAndPaces(DEAD_MS);
    return largest === BATCH;
  }
}
