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

const BATCH = 1_000;
/** Processes and breakers that were not heard of for so long are forgotten. */
const DEAD_MS = 86_400_000;

/** Removes what is old, in small batches. A delivery that is still to be made keeps its event. */
export class Pruning {
  constructor(
    private readonly store: Store,
    private readonly retention: Required<RetentionOptions>,
  ) {}

  /** One batch of each kind. True where more may be left. */
  async prune(): Promise<boolean> {
    const { eventsMs, deliveriesMs } = this.retention;
    const deliveries = deliveriesMs > 0 ? await this.#deliveries(deliveriesMs) : 0;
    if (deliveriesMs > 0) await this.#dynamicListeners(deliveriesMs);
    const events = eventsMs > 0 ? await this.#events(eventsMs) : 0;
    await this.#processes();
    await this.#gone();
    return Math.max(deliveries, events) === BATCH;
  }

  async #deliveries(ageMs: number): Promise<number> {
    const { delivery, attempt } = this.store.tables;
    const removed = await this.store.database.query(
      `WITH old AS (
         DELETE FROM ${delivery} WHERE id IN (
           SELECT id FROM ${delivery} WHERE next_at IS NULL AND chunk_id IS NULL
             AND created_at < now() - $1 * interval '1 millisecond'
             AND updated_at < now() - $1 * interval '1 millisecond'
           ORDER BY created_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
         ) RETURNING id
       ), attempts AS (DELETE FROM ${attempt} WHERE delivery_id IN (SELECT id FROM old))
       SELECT id FROM old`,
      [ageMs],
    );
    return removed.length;
  }

  /** Listeners that were made for single events, and that no event named for long: they are marked as used once a day. */
  async #dynamicListeners(ageMs: number): Promise<void> {
    const { listener, delivery } = this.store.tables;
    await this.store.database.query(
      `DELETE FROM ${listener} WHERE id IN (
         SELECT l.id FROM ${listener} l WHERE l.dynamic
           AND l.updated_at < now() - interval '2 days' - $1 * interval '1 millisecond'
           AND NOT EXISTS (SELECT FROM ${delivery} d WHERE d.listener_id = l.id
             AND (d.next_at IS NOT NULL OR d.chunk_id IS NOT NULL))
         LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)`,
      [ageMs],
    );
  }

  async #events(ageMs: number): Promise<number> {
    const { event, delivery, chunk } = this.store.tables;
    const removed = await this.store.database.query(
      `DELETE FROM ${event} WHERE id IN (
         SELECT e.id FROM ${event} e WHERE e.planned_at < now() - $1 * interval '1 millisecond'
           AND NOT EXISTS (SELECT FROM ${delivery} d WHERE d.event_id = e.id
             AND (d.next_at IS NOT NULL OR d.chunk_id IS NOT NULL))
           AND NOT EXISTS (SELECT FROM ${chunk} c WHERE e.id = ANY(c.event_ids))
         ORDER BY e.id LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
       ) RETURNING id`,
      [ageMs],
    );
    return removed.length;
  }

  async #processes(): Promise<void> {
    await this.store.database.query(
      `DELETE FROM ${this.store.tables.process} WHERE seen_at < now() - $1 * interval '1 millisecond'`,
      [DEAD_MS],
    );
  }

  /** Breakers that nobody has tried since, and the paces of listeners that are not there any more. */
  async #gone(): Promise<void> {
    const { origin, pace, listener } = this.store.tables;
    await this.store.database.query(
      `WITH tried AS (DELETE FROM ${origin} WHERE open_until < now() - $1 * interval '1 millisecond')
       DELETE FROM ${pace} p WHERE free_at < now() - $1 * interval '1 millisecond'
         AND NOT EXISTS (SELECT FROM ${listener} l WHERE l.id = p.listener_id AND l.max_per_second IS NOT NULL)`,
      [DEAD_MS],
    );
  }
}
