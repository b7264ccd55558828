import type { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { EVENT_COLUMNS, type EventRow, isEmptyUpdate, toEvent } from '../capture/event-row';
import type { Database, Query } from '../database';
import { type Chunk, MAX_CHUNK_SIZE } from '../delivery/chunk';
import type { HookCatalog } from '../hook/catalog';
import type { HookEvent } from '../hook/event';
import type { ListenerMatching, Match } from '../listener/matching';
import type { Logger } from '../logger';
import type { Tables } from '../tables';

export interface Plan {
  /** Events that were planned: where they are fewer than were asked for, they are all there are. */
  readonly eventIds: readonly string[];
  readonly chunks: readonly Chunk[];
  /** Of the chunks, to be sent without being read again. */
  readonly events: readonly HookEvent[];
}

const NOTHING: Plan = { eventIds: [], chunks: [], events: [] };

/** Once an event was heard, the next ones are taken to be, for so long. */
const HEARD_MS = 1_000;

/** Turns committed events into chunks of deliveries. Events that are locked here are skipped by others. */
export class Planner {
  #heardAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly dataSource: DataSource,
    private readonly database: Database,
    private readonly tables: Tables,
    private readonly matching: ListenerMatching,
    private readonly catalog: () => HookCatalog,
    private readonly lease: { readonly processId: string; readonly leaseMs: number },
    private readonly logger: Logger,
  ) {}

  async plan(limit: number): Promise<Plan> {
    if (performance.now() - this.#heardAt < HEARD_MS) return this.#planHeard(limit);
    const { due, unheard } = await this.#passUnheard(limit);
    if (unheard.length === due) return { ...NOTHING, eventIds: unheard };
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
    const { event, listener } = this.tables;
    const [row] = await this.database.query<{ due: number; unheard: string[] }>(
      `WITH due AS (
         SELECT id, hook, event FROM ${event} WHERE planned_at IS NULL AND hook = ANY($1)
         ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
       ), names AS (
         SELECT hook, event FROM due GROUP BY hook, event HAVING NOT EXISTS (
           SELECT FROM ${listener} l WHERE l.active AND (l.hook = due.hook OR l.pattern IN (due.event, '*',
             split_part(due.event, '.', 1) || '.*', '*.' || substr(due.event, strpos(due.event, '.') + 1))))
       ), passed AS (
         UPDATE ${event} e SET planned_at = clock_timestamp() FROM due JOIN names USING (hook, event)
         WHERE e.id = due.id RETURNING e.id
       ) SELECT (SELECT count(*)::int FROM due) AS due, coalesce(array_agg(id), '{}') AS unheard,
         set_config('synchronous_commit', 'off', true) FROM passed`,
      [this.catalog().names(), limit],
    );
    return row ?? { due: 0, unheard: [] };
  }

  /** One transaction: events are planned if and only if their chunks are stored. */
  #planHeard(limit: number): Promise<Plan> {
    return this.database.transaction(async (query) => {
      const rows = await this.#claim(query, limit);
      if (rows.length === 0) return NOTHING;
      const { events, unreadable } = this.#read(rows);
      const matches = await this.matching.matching(query, events);
      const chunks = toChunks(matches);
      if (chunks.length > 0) await this.#store(query, chunks);
      if (unreadable.length > 0) await this.#skip(query, unreadable);
      return { eventIds: rows.map(({ id }) => id), chunks, events };
    });
  }

  /** Oldest first. Events of hooks that are attached elsewhere only are left to those who know them. */
  async #claim(query: Query, limit: number): Promise<EventRow[]> {
    const rows = await query<EventRow>(
      `UPDATE ${this.tables.event} SET planned_at = clock_timestamp() WHERE id IN (
         SELECT id FROM ${this.tables.event} WHERE planned_at IS NULL AND hook = ANY($1)
         ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
       ) RETURNING ${EVENT_COLUMNS}`,
      [this.catalog().names(), limit],
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
        const event = toEvent(this.dataSource, this.catalog().get(row.hook), row);
        if (!isEmptyUpdate(event)) events.push(event);
      } catch (error) {
        unreadable.push(row.id);
        this.logger.error(`Event ${row.id} of hook "${row.hook}" cannot be read; it is skipped.`, {
          error,
        });
      }
    }
    return { events, unreadable };
  }

  async #store(query: Query, chunks: readonly Chunk[]): Promise<void> {
    await query(
      `INSERT INTO ${this.tables.chunk} (id, process_id, token, lease_until, event_ids, listener_ids)
       SELECT id, $2, 1, clock_timestamp() + $3 * interval '1 millisecond', e, l
       FROM json_to_recordset($1::json) AS c(id uuid, e uuid[], l uuid[])`,
      [
        JSON.stringify(
          chunks.map(({ id, eventIds, listenerIds }) => ({ id, e: eventIds, l: listenerIds })),
        ),
        this.lease.processId,
        this.lease.leaseMs,
      ],
    );
  }

  async #skip(query: Query, ids: readonly string[]): Promise<void> {
    await query(`UPDATE ${this.tables.event} SET skipped = 'unreadable' WHERE id = ANY($1)`, [ids]);
  }
}

function toChunks(matches: readonly Match[]): readonly Chunk[] {
  const pairs = matches.flatMap(({ event, listenerIds }) =>
    listenerIds.map((listenerId) => [event.id, listenerId] as const),
  );
  const count = Math.ceil(pairs.length / MAX_CHUNK_SIZE);
  return Array.from({ length: count }, (_, n) => {
    const part = pairs.slice(n * MAX_CHUNK_SIZE, (n + 1) * MAX_CHUNK_SIZE);
    return {
      id: uuidv7(),
      token: '1',
      eventIds: part.map(([eventId]) => eventId),
      listenerIds: part.map(([, listenerId]) => listenerId),
    };
  });
}
