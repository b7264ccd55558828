import { v7 as uuidv7 } from 'uuid';
import { type Chunk, MAX_CHUNK_SIZE } from '../../delivery/chunk/chunk';
import type { Match } from '../../listener/matching/match';
import type { Query } from '../../store/database';
import type { Tables } from '../../store/tables';
import { FIRST_TOKEN, UNHELD_TOKEN } from '../claim/claims';

export interface Lease {
  readonly processId: string;
  readonly leaseMs: number;
}

/** Chunks stored in one statement, and kept by who planned them. */
const STORED_AT_ONCE = 8;

/**
 * Stores the deliveries of one plan as they become known. The first few chunks are leased to this process; of an event that very many
 * listen to, all others are stored for whoever has room first, so that no process ever holds them all.
 */
export class ChunkWriter {
  /** Leased to this process. */
  readonly leased: Chunk[] = [];
  /** Events of chunks that nobody holds yet. */
  readonly scattered = new Set<string>();
  #count = 0;
  #full: Chunk[] = [];
  #eventIds: string[] = [];
  #listenerIds: string[] = [];

  constructor(
    private readonly query: Query,
    private readonly tables: Tables,
    private readonly lease: Lease,
  ) {}

  /** Deliveries in chunks so far. */
  get count(): number {
    return this.#count;
  }

  /** Those that have their turns are none of ours. */
  async add({ event, listenerIds: all, queued = [] }: Match): Promise<void> {
    const others = new Set(queued.map(({ id }) => id));
    const listenerIds = others.size > 0 ? all.filter((id) => !others.has(id)) : all;
    this.#count += listenerIds.length;
    for (const listenerId of listenerIds) {
      this.#eventIds.push(event.id);
      this.#listenerIds.push(listenerId);
      if (this.#eventIds.length === MAX_CHUNK_SIZE) this.#fill();
      if (this.#full.length === STORED_AT_ONCE) await this.#empty();
    }
  }

  /** Stores what is left, and what is leased: the lease is to begin when the plan is made. */
  async end(): Promise<void> {
    if (this.#eventIds.length > 0) this.#fill();
    await this.#empty();
    await this.#store(this.leased, FIRST_TOKEN);
  }

  #fill(): void {
    const [eventIds, listenerIds] = [this.#eventIds, this.#listenerIds];
    this.#full.push({ id: uuidv7(), token: FIRST_TOKEN, eventIds, listenerIds });
    this.#eventIds = [];
    this.#listenerIds = [];
  }

  async #empty(): Promise<void> {
    const chunks = this.#full;
    this.#full = [];
    if (this.leased.length === 0) {
      this.leased.push(...chunks);
      return;
    }
    for (const { eventIds } of chunks) for (const id of eventIds) this.scattered.add(id);
    await this.#store(chunks, UNHELD_TOKEN);
  }

  async #store(chunks: readonly Chunk[], token: string): Promise<void> {
    if (chunks.length === 0) return;
    const { processId, leaseMs } = this.lease;
    const rows = chunks.map(({ id, eventIds, listenerIds }) => ({
      id,
      // One that all have in common is said once.
      e: new Set(eventIds).size === 1 ? eventIds.slice(0, 1) : eventIds,
      l: listenerIds,
    }));
    await this.query(
      `INSERT INTO ${this.tables.chunk} (id, process_id, token, lease_until, event_ids, listener_ids)
       SELECT id, $2, $3::bigint, coalesce(clock_timestamp() + $4::float8 * interval '1 millisecond', '-infinity'),
         CASE cardinality(e) WHEN 1 THEN array_fill(e[1], ARRAY[cardinality(l)]) ELSE e END, l
       FROM json_to_recordset($1::json) AS c(id uuid, e uuid[], l uuid[])`,
      [JSON.stringify(rows), processId, token, token === UNHELD_TOKEN ? null : leaseMs],
    );
  }
}
