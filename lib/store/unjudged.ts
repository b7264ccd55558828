import { CHUNK_COLUMNS, type ChunkRow, type Lease, type StoredChunk, toChunk } from './chunks';
import type { Query } from './database';
import { conditionsSql } from './listener-sql';
import type { WantedRow } from './match-keys';
import type { Tables } from './tables';

/** An event and a listener of which the process that planned the event could not say whether they match. */
export interface UnjudgedRow {
  /** Id of the delivery. */
  readonly id: string;
  readonly eventId: string;
  readonly listenerId: string;
  readonly event: string;
  /** What the process did not know. */
  readonly reason: string;
  /** The row that it is ordered by; null if the listener is not ordered. */
  readonly rowId: string | null;
  readonly sequence: string | null;
}

/** One of these pairs, as it is read. */
export interface UnjudgedPair extends WantedRow {
  readonly id: string;
  readonly event_id: string;
  /** The listener is active. If it is not, or was removed, the rest is of no use. */
  readonly active: boolean;
  readonly select: readonly string[] | null;
  /** The delivery is claimed in turn with others of its listener. */
  readonly in_turn: boolean;
}

/** Whether a delivery waits until a process has judged it: it is neither due at any time nor in a chunk. */
const UNJUDGED_SQL = `status = 'waiting' AND next_at IS NULL AND chunk_id IS NULL`;

/**
 * Statements on deliveries that are not judged yet. Claims do not see them. A process that can judge such a pair makes it due like any
 * other delivery, or deletes it.
 */
export class UnjudgedRows {
  constructor(
    private readonly query: Query,
    private readonly tables: Tables,
  ) {}

  async put(rows: readonly UnjudgedRow[]): Promise<void> {
    if (rows.length === 0) return;
    await this.query(
      `INSERT INTO ${this.tables.delivery} (id, event_id, listener_id, event, status, attempt, retries, reschedules,
         reason, row_id, sequence)
       SELECT id, "eventId", "listenerId", event, 'waiting', 0, 0, 0, reason, "rowId", sequence
       FROM json_to_recordset($1::json)
         AS q(id uuid, "eventId" uuid, "listenerId" uuid, event text, reason text, "rowId" uuid, sequence bigint)
       ON CONFLICT (id) DO NOTHING`,
      [JSON.stringify(rows)],
    );
  }

  /** Locks and returns the next of them, those after an id. Those that another process judges are skipped. */
  lock(after: string, limit: number): Promise<readonly UnjudgedPair[]> {
    const { delivery, listener } = this.tables;
    return this.query<UnjudgedPair>(
      `SELECT d.id, d.event_id, coalesce(l.active, false) AS active,
         d.row_id IS NOT NULL OR l.max_per_second IS NOT NULL OR l.batch IS NOT NULL AS in_turn, l.hook, l.pattern, l.operations, l.owner, l.selected AS "select",
         ${conditionsSql(this.tables)} AS match
       FROM (SELECT id, event_id, listener_id, row_id FROM ${delivery} WHERE ${UNJUDGED_SQL} AND id > $1
         ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED) d
       LEFT JOIN ${listener} l ON l.id = d.listener_id ORDER BY d.id`,
      [after, limit],
    );
  }

  /** Makes a chunk of these deliveries, which this process is to send. Null if there are none. */
  async claim(
    ids: readonly string[],
    chunkId: string,
    { processId, leaseMs }: Lease,
  ): Promise<StoredChunk | null> {
    if (ids.length === 0) return null;
    const { delivery, chunk } = this.tables;
    const [row] = await this.query<ChunkRow>(
      `WITH claimed AS (
         UPDATE ${delivery} SET chunk_id = $2::uuid, reason = NULL WHERE id = ANY($1::uuid[]) AND ${UNJUDGED_SQL}
         RETURNING event_id, listener_id
       ) INSERT INTO ${chunk} AS c (id, process_id, token, lease_until, event_ids, listener_ids)
       SELECT $2::uuid, $3::uuid, 1, clock_timestamp() + $4 * interval '1 millisecond', array_agg(event_id), array_agg(listener_id)
       FROM claimed HAVING count(*) > 0 RETURNING ${CHUNK_COLUMNS}`,
      [ids, chunkId, processId, leaseMs],
    );
    return row ? toChunk(row) : null;
  }

  /** Makes deliveries due now, so that they are claimed in turn. */
  async queue(ids: readonly string[]): Promise<void> {
    await this.#end(
      ids,
      `UPDATE ${this.tables.delivery} SET next_at = clock_timestamp(), reason = NULL`,
    );
  }

  /** Deletes deliveries, because their event and listener do not match. */
  async reject(ids: readonly string[]): Promise<void> {
    await this.#end(ids, `DELETE FROM ${this.tables.delivery}`);
  }

  /** Their listeners get a turn: a later delivery about the same row may have waited for them. */
  async #end(ids: readonly string[], statement: string): Promise<void> {
    if (ids.length === 0) return;
    await this.query(
      `WITH ended AS (${statement} WHERE id = ANY($1::uuid[]) AND ${UNJUDGED_SQL} RETURNING listener_id)
       INSERT INTO ${this.tables.turn} (listener_id, ready_at) SELECT DISTINCT listener_id, clock_timestamp() FROM ended`,
      [ids],
    );
  }
}
