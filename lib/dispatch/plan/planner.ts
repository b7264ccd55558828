import type { DataSource } from 'typeorm';
import {
  EVENT_COLUMNS,
  type EventRow,
  isEmptyUpdate,
  toEvent,
} from '../../capture/outbox/event-row';
import type { Chunk } from '../../delivery/chunk/chunk';
import { NOTHING_PLANNED, type PlannedEvents } from '../../delivery/chunk/loading';
import type { HookCatalog } from '../../hook/catalog';
import type { HookEvent } from '../../hook/event';
import type { ResolvedTargets } from '../../listener/matching/dynamic-listeners';
import type { ListenerMatching } from '../../listener/matching/matching';
import { loggable } from '../../logging/loggable';
import type { Logger } from '../../logging/logger';
import type { Query } from '../../store/database';
import type { Store } from '../../store/store';
import { ChunkWriter, type Lease } from './chunk-writer';
import { type QueuedDelivery, QueueWriter } from './queue-writer';

export interface Plan {
  readonly eventIds: readonly string[];
  /** To be handed over now: they are leased to this process. */
  readonly chunks: readonly Chunk[];
  /** Events of which further chunks were stored, held by nobody. */
  readonly scattered: ReadonlySet<string>;
  /** Deliveries that wait for their turns. */
  readonly queued: readonly QueuedDelivery[];
  /** Of the chunks, to be sent without being read again. */
  readonly events: PlannedEvents;
  /** Whether there may be more to plan. */
  readonly hasMore: boolean;
}

const NOTHING: Plan = {
  eventIds: [],
  chunks: [],
  scattered: new Set(),
  queued: [],
  events: NOTHING_PLANNED,
  hasMore: false,
};

/** Events planned at once. */
const PLANNED_AT_ONCE = 500;
/** No transaction stores more, but for a single event that more listen to. */
const MAX_DELIVERIES = 200_000;
/** Where it would, so many times fewer events are planned at once. */
const FEWER = 8;

/** Once an event was heard, the next ones are taken to be, for so long. */
const HEARD_MS = 1_000;

/** Turns committed events into chunks of deliveries. Events that are locked here are skipped by others. */
export class Planner {
  #heardAt = Number.NEGATIVE_INFINITY;
  #atOnce = PLANNED_AT_ONCE;

  constructor(
    private readonly dataSource: DataSource,
    private readonly store: Store,
    private readonly matching: ListenerMatching,
    private readonly catalog: HookCatalog,
    private readonly lease: Lease,
    private readonly logger: Logger,
  ) {}

  async plan(limit = PLANNED_AT_ONCE): Promise<Plan> {
    if (performance.now() - this.#heardAt < HEARD_MS) return this.#planHeard(limit);
    const { due, unheard } = await this.#passUnheard(limit);
    if (unheard.length === due)
      return { ...NOTHING, eventIds: unheard, hasMore: unheard.length >= limit };
    this.#heardAt = performance.now();
    const heard = await this.#planHeard(limit);
    return { ...heard, eventIds: [...unheard, ...heard.eventIds] };
  }

  /**
   * Plans events that no listener can want, without reading them: a hook without listeners should cost its saves next to nothing.
   * One statement, so that a listener which was there before the event is seen. It does not wait for the disk, as saves then would
   * too: lost in a crash of the database, it is done again.
   */
  async #passUnheard(limit: number): Promise<{ due: number; unheard: readonly string[] }> {
    const { event, listener } = this.store.tables;
    const [row] = await this.store.database.query<{ due: number; unheard: string[] }>(
      `WITH due AS (
         SELECT id, hook, event, targets IS NOT NULL AS resolved FROM ${event} WHERE planned_at IS NULL AND hook = ANY($1)
         ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
       ), names AS (
         SELECT hook, event FROM due GROUP BY hook, event HAVING NOT bool_or(resolved) AND NOT EXISTS (
           SELECT FROM ${listener} l WHERE l.active AND NOT l.dynamic AND (l.hook = due.hook OR l.pattern IN (due.event, '*',
             split_part(due.event, '.', 1) || '.*', '*.' || substr(due.event, strpos(due.event, '.') + 1))))
       ), passed AS (
         UPDATE ${event} e SET planned_at = clock_timestamp() FROM due JOIN names USING (hook, event)
         WHERE e.id = due.id RETURNING e.id
       ) SELECT (SELECT count(*)::int FROM due) AS due, coalesce(array_agg(id), '{}') AS unheard,
         set_config('synchronous_commit', 'off', true) FROM passed`,
      [this.catalog.allNames(), limit],
    );
    return row ?? { due: 0, unheard: [] };
  }

  /** As many events as are wanted by a bounded number of listeners; at least one. */
  async #planHeard(limit: number): Promise<Plan> {
    for (;;) {
      const atOnce = Math.min(limit, this.#atOnce);
      try {
        const { count, ...plan } = await this.#planTogether(atOnce);
        const isFew = count * FEWER < MAX_DELIVERIES;
        this.#atOnce = isFew ? Math.min(PLANNED_AT_ONCE, this.#atOnce * 2) : this.#atOnce;
        return plan;
      } catch (error) {
        if (!(error instanceof TooMany)) throw error;
        this.#atOnce = Math.max(1, Math.floor(error.events / FEWER));
      }
    }
  }

  /** One transaction: events are planned if and only if their chunks are stored. */
  #planTogether(limit: number): Promise<Plan & { readonly count: number }> {
    return this.store.database.snapshot(async (query) => {
      const rows = await this.#claim(query, limit);
      if (rows.length === 0) return { ...NOTHING, count: 0 };
      const { events, unreadable } = this.#read(rows);
      const writer = new ChunkWriter(query, this.store.tables, this.lease);
      const queue = new QueueWriter(query, this.store.tables, rows);
      for await (const page of this.matching.matching(query, events, targetsOf(rows)))
        for (const match of page) {
          await writer.add(match);
          await queue.add(match);
          if (writer.count + queue.deliveries.length > MAX_DELIVERIES && rows.length > 1)
            throw new TooMany(rows.length);
        }
      await writer.end();
      await queue.end();
      if (unreadable.length > 0) await this.#skip(query, unreadable);
      return {
        eventIds: rows.map(({ id }) => id),
        chunks: writer.leased,
        scattered: writer.scattered,
        queued: queue.deliveries,
        events: new Map(events.map((event) => [event.id, event])),
        hasMore: rows.length >= limit,
        count: writer.count + queue.deliveries.length,
      };
    });
  }

  /** Oldest first. Events of hooks that are attached elsewhere only are left to those who know them. */
  async #claim(query: Query, limit: number): Promise<EventRow[]> {
    const rows = await query<EventRow>(
      `UPDATE ${this.store.tables.event} SET planned_at = clock_timestamp() WHERE id IN (
         SELECT id FROM ${this.store.tables.event} WHERE planned_at IS NULL AND hook = ANY($1) AND ${this.matching.tellableSql}
         ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
       ) RETURNING ${EVENT_COLUMNS}`,
      [this.catalog.allNames(), limit],
    );
    return rows.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  #read(rows: readonly EventRow[]): {
    events: readonly HookEvent[];
    unreadable: readonly string[];
  } {
    const events: HookEvent[] = [];
    const unreadable: string[] = [];
    for (const row of rows) {
      try {
        const event = toEvent(this.dataSource, this.catalog.get(row.hook), row);
        if (!isEmptyUpdate(event)) events.push(event);
      } catch (error) {
        unreadable.push(row.id);
        this.logger.error(`Event ${row.id} of hook "${row.hook}" cannot be read; it is skipped.`, {
          error: loggable(error),
        });
      }
    }
    return { events, unreadable };
  }

  async #skip(query: Query, ids: readonly string[]): Promise<void> {
    await query(`UPDATE ${this.store.tables.event} SET skipped = 'unreadable' WHERE id = ANY($1)`, [
      ids,
    ]);
  }
}

function targetsOf(rows: readonly EventRow[]): ResolvedTargets {
  return new Map(rows.flatMap(({ id, targets }) => (targets ? [[id, targets] as const] : [])));
}

/** Rolls a plan back whose events too many listen to, taken together. */
class TooMany extends Error {
  constructor(readonly events: number) {
    super(`${events} events are too many to plan at once.`);
  }
}
