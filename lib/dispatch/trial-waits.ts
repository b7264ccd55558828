import { deliveryId } from '../delivery/chunk/chunk';
import type { OutcomeRecord } from '../delivery/chunk/outcome-record';
import type { Store } from '../store/store';
import type { Plan } from './plan/planner';

interface Wait {
  readonly unplanned: Set<string>;
  /** Deliveries whose first outcome is not stored yet. */
  readonly untried: Set<string>;
  /** Events of which others may send a part: only the database knows of that. */
  readonly scattered: Set<string>;
  readonly done: () => void;
}

/** How often the database is asked about what another process may have taken. */
const ASK_MS = 250;

/** Lets `'inline'` commits wait until each matching listener was tried once, and that is stored. */
export class TrialWaits {
  readonly #waits = new Set<Wait>();

  constructor(private readonly store: Store) {}

  /** Whether somebody waits. */
  get isAwaited(): boolean {
    return this.#waits.size > 0;
  }

  /** Resolves in time at the latest; what is left then goes on by itself. */
  async tried(eventIds: readonly string[], waitMs: number): Promise<void> {
    const deadline = Date.now() + waitMs;
    const wait = this.#begin(eventIds);
    try {
      for (;;) {
        const leftMs = deadline - Date.now();
        if (leftMs <= 0 || (await wait.within(Math.min(leftMs, ASK_MS)))) return;
        if (await this.#areTried(eventIds)) return;
      }
    } finally {
      wait.end();
    }
  }

  notePlanned({ eventIds, chunks, scattered, queued }: Plan): void {
    if (this.#waits.size === 0 || eventIds.length === 0) return;
    const deliveries = [
      ...chunks.flatMap((chunk) =>
        chunk.eventIds.map((eventId, n) => [eventId, chunk.listenerIds[n] ?? ''] as const),
      ),
      ...queued.map(({ eventId, listenerId }) => [eventId, listenerId] as const),
    ];
    for (const wait of this.#waits) {
      for (const [eventId, listenerId] of deliveries)
        if (wait.unplanned.has(eventId)) wait.untried.add(deliveryId(eventId, listenerId));
      for (const eventId of scattered) if (wait.unplanned.has(eventId)) wait.scattered.add(eventId);
      for (const eventId of eventIds) wait.unplanned.delete(eventId);
      endIfTried(wait);
    }
  }

  noteRecorded(records: readonly OutcomeRecord[]): void {
    for (const wait of this.#waits) {
      for (const record of records) wait.untried.delete(record.deliveryId);
      endIfTried(wait);
    }
  }

  #begin(eventIds: readonly string[]) {
    let done = () => {};
    const tried = new Promise<true>((resolve) => {
      done = () => resolve(true);
    });
    const wait: Wait = {
      unplanned: new Set(eventIds),
      untried: new Set(),
      scattered: new Set(),
      done,
    };
    this.#waits.add(wait);
    return {
      within: (ms: number) => Promise.race([tried, sleep(ms)]),
      end: () => this.#waits.delete(wait),
    };
  }

  async #areTried(eventIds: readonly string[]): Promise<boolean> {
    const { event, chunk, delivery } = this.store.tables;
    const untried = await this.store.database.query(
      `SELECT FROM ${event} WHERE id = ANY($1::uuid[]) AND planned_at IS NULL
       UNION ALL SELECT FROM ${chunk} c, unnest(c.event_ids, c.listener_ids) AS p(event_id, listener_id)
       WHERE c.event_ids && $1::uuid[] AND p.event_id = ANY($1::uuid[]) AND NOT EXISTS (
         SELECT FROM ${delivery} d WHERE d.event_id = p.event_id AND d.listener_id = p.listener_id)
       UNION ALL SELECT FROM ${delivery} WHERE event_id = ANY($1::uuid[]) AND status = 'waiting' AND reason IS NULL
       LIMIT 1`,
      [eventIds],
    );
    return untried.length === 0;
  }
}

function endIfTried({ unplanned, untried, scattered, done }: Wait): void {
  if (unplanned.size + untried.size + scattered.size === 0) done();
}

function sleep(ms: number): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), ms).unref());
}
