import { v7 as uuidv7 } from 'uuid';
import type { Database } from '../database';
import { type Chunk, MAX_CHUNK_SIZE } from '../delivery/chunk';
import type { Tables } from '../tables';

/** The token of a chunk that is stored for whoever has room first. */
export const UNHELD_TOKEN = '0';
/** Of one that is held for the first time. */
export const FIRST_TOKEN = '1';

/** Whether nobody had this chunk before it was taken by `abandoned()`, so that no outcome of it can be recorded. */
export function wasUnheld({ token }: Chunk): boolean {
  return token === FIRST_TOKEN;
}

interface ChunkRow {
  readonly id: string;
  readonly token: string;
  readonly event_ids: string;
  readonly listener_ids: string;
}

/** Of a chunk `c`. Ids as one text, and an event that all have in common once: an array of hundreds takes long to be read. */
const CHUNK_COLUMNS = `c.id, c.token, array_to_string(c.listener_ids, ',') AS listener_ids,
  array_to_string(CASE WHEN c.event_ids[1] = ALL (c.event_ids) THEN c.event_ids[1:1] ELSE c.event_ids END, ',') AS event_ids`;

/**
 * Who may send what. A chunk belongs to the process that holds its lease, by the clock of the database; whoever takes one over raises
 * its token. Claims skip what others have locked, so that processes share the work without waiting for each other.
 */
export class Claims {
  constructor(
    private readonly database: Database,
    private readonly tables: Tables,
    private readonly processId: string,
    private readonly leaseMs: number,
  ) {}

  /** Makes a chunk of deliveries whose time has come. Null where there are none. */
  async due(exceptListeners: readonly string[]): Promise<Chunk | null> {
    const { chunk, delivery } = this.tables;
    const [row] = await this.database.query<ChunkRow>(
      `WITH due AS (
         SELECT id, event_id, listener_id FROM ${delivery}
         WHERE next_at <= clock_timestamp() AND NOT (listener_id = ANY($4::uuid[]))
         ORDER BY next_at LIMIT ${MAX_CHUNK_SIZE} FOR UPDATE SKIP LOCKED
       ), claimed AS (
         UPDATE ${delivery} d SET chunk_id = $1, next_at = NULL FROM due WHERE d.id = due.id
         RETURNING d.event_id, d.listener_id
       )
       INSERT INTO ${chunk} AS c (id, process_id, token, lease_until, event_ids, listener_ids)
       SELECT $1::uuid, $2::uuid, 1, clock_timestamp() + $3 * interval '1 millisecond', array_agg(event_id), array_agg(listener_id)
       FROM claimed HAVING count(*) > 0 RETURNING ${CHUNK_COLUMNS}`,
      [uuidv7(), this.processId, this.leaseMs, exceptListeners],
    );
    return row ? toChunk(row) : null;
  }

  /** How long until the next delivery is due, by the clock of the database; null where none is planned. */
  async nextDueMs(exceptListeners: readonly string[]): Promise<number | null> {
    const [row] = await this.database.query<{ ms: number | null }>(
      `SELECT (extract(epoch FROM min(next_at) - clock_timestamp()) * 1000)::float8 AS ms
       FROM ${this.tables.delivery} WHERE next_at IS NOT NULL AND NOT (listener_id = ANY($1::uuid[]))`,
      [exceptListeners],
    );
    return row?.ms ?? null;
  }

  /** Takes chunks that nobody holds: nobody has had them yet, or the process that held them is gone, or too late. */
  async abandoned(limit: number): Promise<readonly Chunk[]> {
    const rows = await this.database.query<ChunkRow>(
      `UPDATE ${this.tables.chunk} c SET token = c.token + 1, process_id = $1,
         lease_until = clock_timestamp() + $2 * interval '1 millisecond'
       FROM (SELECT id FROM ${this.tables.chunk} WHERE lease_until < clock_timestamp()
         ORDER BY lease_until LIMIT $3 FOR UPDATE SKIP LOCKED) a
       WHERE c.id = a.id RETURNING ${CHUNK_COLUMNS}`,
      [this.processId, this.leaseMs, limit],
    );
    return rows.map(toChunk);
  }

  /** Takes a chunk that a dispatcher brought from elsewhere. Null where somebody else has had it since. */
  async take({ id, token }: Pick<Chunk, 'id' | 'token'>): Promise<Chunk | null> {
    const [row] = await this.database.query<ChunkRow>(
      `UPDATE ${this.tables.chunk} c SET token = c.token + 1, process_id = $3,
         lease_until = clock_timestamp() + $4 * interval '1 millisecond'
       WHERE c.id = $1 AND c.token = $2 RETURNING ${CHUNK_COLUMNS}`,
      [id, token, this.processId, this.leaseMs],
    );
    return row ? toChunk(row) : null;
  }

  /** Holds on to chunks that are being worked on. */
  async renew(chunks: readonly Chunk[]): Promise<void> {
    if (chunks.length === 0) return;
    await this.database.query(
      `UPDATE ${this.tables.chunk} c SET lease_until = clock_timestamp() + $2 * interval '1 millisecond'
       FROM json_to_recordset($1::json) AS h(id uuid, token bigint) WHERE c.id = h.id AND c.token = h.token`,
      [JSON.stringify(chunks.map(({ id, token }) => ({ id, token }))), this.leaseMs],
    );
  }

  /** Lets others take chunks over, after so long where that is said, else at once. */
  async release(chunks: readonly Chunk[], afterMs: number | null = null): Promise<void> {
    if (chunks.length === 0) return;
    await this.database.query(
      `UPDATE ${this.tables.chunk} c
       SET lease_until = coalesce(clock_timestamp() + $2::float8 * interval '1 millisecond', '-infinity')
       FROM json_to_recordset($1::json) AS h(id uuid, token bigint) WHERE c.id = h.id AND c.token = h.token`,
      [JSON.stringify(chunks.map(({ id, token }) => ({ id, token }))), afterMs],
    );
  }

  /** Says that this process lives. */
  async heartbeat(hostname: string, pid: number): Promise<Date> {
    const [row] = await this.database.query<{ started_at: Date }>(
      `INSERT INTO ${this.tables.process} (id, hostname, pid) VALUES ($1, $2, $3)
       ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp() RETURNING started_at`,
      [this.processId, hostname, pid],
    );
    return row?.started_at ?? new Date();
  }

  async sayGoodbye(): Promise<void> {
    await this.database.query(`DELETE FROM ${this.tables.process} WHERE id = $1`, [this.processId]);
  }
}

function toChunk({ id, token, event_ids, listener_ids }: ChunkRow): Chunk {
  const listenerIds = listener_ids.split(',');
  const eventIds = event_ids.split(',');
  const isOfOne = eventIds.length === 1;
  return {
    id,
    token,
    eventIds: isOfOne ? Array<string>(listenerIds.length).fill(event_ids) : eventIds,
    listenerIds,
  };
}
