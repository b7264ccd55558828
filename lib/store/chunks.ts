import type { Query } from './database';
import type { Tables } from './tables';

/** A chunk of deliveries as it is stored: delivery number n is of event n for listener n. */
export interface StoredChunk {
  readonly id: string;
  readonly token: string;
  readonly eventIds: readonly string[];
  readonly listenerIds: readonly string[];
}

/** Names one version of a chunk: each take-over raises the token. */
export type ChunkRef = Pick<StoredChunk, 'id' | 'token'>;

/** Which process holds chunks, and for how long. */
export interface Lease {
  readonly processId: string;
  readonly leaseMs: number;
}

/** Token of a chunk that no process has held yet. */
export const UNHELD_TOKEN = '0';
/** Token of a chunk at its first lease. */
export const FIRST_TOKEN = '1';

/** A row of `CHUNK_COLUMNS`. */
export interface ChunkRow {
  readonly id: string;
  readonly token: string;
  readonly event_ids: string;
  readonly listener_ids: string;
}

/**
 * Columns of a chunk `c`. Ids are joined to one string, because parsing arrays of hundreds is slow; a chunk of one event returns its id
 * once.
 */
export const CHUNK_COLUMNS = `c.id, c.token, array_to_string(c.listener_ids, ',') AS listener_ids,
  array_to_string(CASE WHEN c.event_ids[1] = ALL (c.event_ids) THEN c.event_ids[1:1] ELSE c.event_ids END, ',') AS event_ids`;

/**
 * Statements on chunks and their leases. A chunk belongs to the process that holds its lease, by the clock of the database. Each
 * take-over raises the token, and statements with an older token change nothing.
 */
export class Chunks {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}

  /** Stores chunks. Under `UNHELD_TOKEN` any process may take them at once; otherwise the process of the lease holds them. */
  async put(chunks: readonly StoredChunk[], token: string, lease: Lease): Promise<void> {
    if (chunks.length === 0) return;
    const rows = chunks.map(({ id, eventIds, listenerIds }) => ({
      id,
      // A chunk of one event sends its id once; the statement repeats it.
      e: new Set(eventIds).size === 1 ? eventIds.slice(0, 1) : eventIds,
      l: listenerIds,
    }));
    await this.query(
      `INSERT INTO ${this.tables.chunk} (id, process_id, token, lease_until, event_ids, listener_ids)
       SELECT id, $2, $3::bigint, coalesce(clock_timestamp() + $4::float8 * interval '1 millisecond', '-infinity'),
         CASE cardinality(e) WHEN 1 THEN array_fill(e[1], ARRAY[cardinality(l)]) ELSE e END, l
       FROM json_to_recordset($1::json) AS c(id uuid, e uuid[], l uuid[])`,
      [JSON.stringify(rows), lease.processId, token, token === UNHELD_TOKEN ? null : lease.leaseMs],
      'deferred',
    );
  }

  /**
   * Takes chunks without a valid lease: no process has held them yet, or the lease of the process that did has expired; of the latter only
   * the `lost` ones, if given.
   */
  async claimUnheld(
    limit: number,
    { processId, leaseMs }: Lease,
    lost: readonly string[] | null = null,
  ): Promise<readonly StoredChunk[]> {
    const { chunk } = this.tables;
    const rows = await this.query<ChunkRow>(
      `UPDATE ${chunk} c SET token = c.token + 1, process_id = $1,
         lease_until = clock_timestamp() + $2 * interval '1 millisecond'
       WHERE c.id = ANY(ARRAY(SELECT id FROM ${chunk} WHERE lease_until < now()
         AND ($4::uuid[] IS NULL OR lease_until = '-infinity' OR id = ANY($4::uuid[]))
         ORDER BY lease_until LIMIT $3 FOR UPDATE SKIP LOCKED)) RETURNING ${CHUNK_COLUMNS}`,
      [processId, leaseMs, limit, lost],
    );
    return rows.map(toChunk);
  }

  /** Chunks that a process has held, and whose lease has expired. */
  expired(limit: number, without: readonly string[] = []): Promise<readonly ChunkRef[]> {
    return this.query<ChunkRef>(
      `SELECT id, token FROM ${this.tables.chunk} WHERE lease_until < now() AND lease_until > '-infinity'
       AND id <> ALL($2::uuid[]) ORDER BY lease_until LIMIT $1`,
      [limit, without],
    );
  }

  /** Takes over one chunk. Null if its token is not one of the `starts` tokens from this one on, or the chunk has ended. */
  async take(
    { id, token }: ChunkRef,
    starts: number,
    { processId, leaseMs }: Lease,
  ): Promise<StoredChunk | null> {
    const [row] = await this.query<ChunkRow>(
      `UPDATE ${this.tables.chunk} c SET token = c.token + 1, process_id = $3,
         lease_until = clock_timestamp() + $4 * interval '1 millisecond'
       WHERE c.id = $1 AND c.token >= $2::bigint AND c.token < $2::bigint + $5::bigint RETURNING ${CHUNK_COLUMNS}`,
      [id, token, processId, leaseMs, starts],
    );
    return row ? toChunk(row) : null;
  }

  /** Extends the leases of chunks. */
  async renew(chunks: readonly ChunkRef[], leaseMs: number): Promise<void> {
    await this.#setLease(chunks, leaseMs);
  }

  /** Lets other processes take chunks over: after `afterMs`, or at once if it is null. */
  async release(chunks: readonly ChunkRef[], afterMs: number | null): Promise<void> {
    await this.#setLease(chunks, afterMs);
  }

  async #setLease(chunks: readonly ChunkRef[], afterMs: number | null): Promise<void> {
    if (chunks.length === 0) return;
    await this.query(
      `UPDATE ${this.tables.chunk} c
       SET lease_until = coalesce(clock_timestamp() + $2::float8 * interval '1 millisecond', '-infinity')
       FROM json_to_recordset($1::json) AS h(id uuid, token bigint) WHERE c.id = h.id AND c.token = h.token`,
      [JSON.stringify(chunks.map(({ id, token }) => ({ id, token }))), afterMs],
    );
  }
}

/**
 * Deliveries of chunks that have no row of their own, as `event_id`, `listener_id` and `created_at`: their first outcome is not stored
 * yet. `condition` narrows the chunks `c` and the pairs `p`.
 */
export function withoutRowSql({ chunk, delivery }: Tables, condition = 'true'): string {
  return `SELECT p.event_id, p.listener_id, c.created_at
    FROM ${chunk} c, unnest(c.event_ids, c.listener_ids) AS p(event_id, listener_id)
    WHERE ${condition} AND NOT EXISTS (
      SELECT FROM ${delivery} d WHERE d.event_id = p.event_id AND d.listener_id = p.listener_id)`;
}

export function toChunk({ id, token, event_ids, listener_ids }: ChunkRow): StoredChunk {
  const listenerIds = listener_ids.split(',');
  const eventIds = event_ids.split(',');
  const isOfOneEvent = eventIds.length === 1;
  return {
    id,
    token,
    eventIds: isOfOneEvent ? Array<string>(listenerIds.length).fill(event_ids) : eventIds,
    listenerIds,
  };
}
