import { type ChunkRow, type Lease, type StoredChunk, toChunk } from './chunks';
import type { Query } from './database';
import { dueSql, firstOfRowSql } from './due-sql';
import type { Tables } from './tables';

/** What a claim of due deliveries asks for. */
export interface DueClaim {
  /** Id of the chunk that is made. */
  readonly chunkId: string;
  /** At most this many deliveries. */
  readonly chunkSize: number;
  readonly lease: Lease;
  /** Deliveries that may be claimed at most for a listener; 0: none. Listeners that are not in it are not restrained. */
  readonly restraints: ReadonlyMap<string, number>;
}

export interface DueClaimed {
  readonly chunk: StoredChunk | null;
  /** Turns that were used up. If there is no chunk, none of their deliveries could be claimed. */
  readonly turns: number;
}

/** A delivery in turn, as it is stored when its event is planned. */
export interface DeliveryInTurnRow {
  readonly id: string;
  readonly eventId: string;
  readonly listenerId: string;
  readonly event: string;
  /** The row that it is ordered by; null if the listener is not ordered. */
  readonly rowId: string | null;
  readonly sequence: string | null;
}

/** Statements on turns: which listeners have due deliveries, and since when. Each claim serves the listeners with the oldest turns. */
export class Turns {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}

  /** Makes a chunk of due deliveries; see `dueSql`. */
  async claimDue({ chunkId, chunkSize, lease, restraints }: DueClaim): Promise<DueClaimed> {
    const [row] = await this.query<Partial<ChunkRow> & { turns: number }>(dueSql(this.tables), [
      chunkId,
      lease.processId,
      lease.leaseMs,
      [...restraints.keys()],
      [...restraints.values()],
      chunkSize,
    ]);
    return { chunk: row?.id ? toChunk(row as ChunkRow) : null, turns: row?.turns ?? 0 };
  }

  /** Milliseconds until the next turn of any other listener, by the clock of the database; null if there is none. */
  async nextDueMs(exceptListeners: readonly string[]): Promise<number | null> {
    const [row] = await this.query<{ ms: number | null }>(
      `SELECT (extract(epoch FROM ready_at - clock_timestamp()) * 1000)::float8 AS ms
       FROM ${this.tables.turn} WHERE listener_id NOT IN (SELECT unnest($1::uuid[])) ORDER BY ready_at LIMIT 1`,
      [exceptListeners],
    );
    return row?.ms ?? null;
  }

  /**
   * Stores deliveries in turn, each as a row of its own that is due now, and a turn for each of their listeners. A row of the application
   * gets a head, unless an earlier delivery about it has not ended: the end of that one adds a head.
   */
  async queue(deliveries: readonly DeliveryInTurnRow[]): Promise<void> {
    if (deliveries.length === 0) return;
    const rows = deliveries.map(({ id, eventId, listenerId, event, rowId, sequence }) => ({
      id,
      e: eventId,
      l: listenerId,
      n: event,
      r: rowId,
      s: sequence,
    }));
    const { delivery, head, turn } = this.tables;
    const first = firstOfRowSql(this.tables, 'true', ['q.l', 'q.r']);
    await this.query(
      `WITH queued AS (
         SELECT * FROM json_to_recordset($1::json) AS q(id uuid, e uuid, l uuid, n text, r uuid, s bigint)
       ), stored AS (
         INSERT INTO ${delivery} (id, event_id, listener_id, event, status, attempt, retries, reschedules,
           next_at, row_id, sequence, headed)
         SELECT id, e, l, n, 'waiting', 0, 0, 0, clock_timestamp(), r, s, r IS NOT NULL FROM queued
       ), heads AS (
         INSERT INTO ${head} (listener_id, row_id, ready_at)
         SELECT q.l, q.r, clock_timestamp() FROM (SELECT DISTINCT l, r FROM queued WHERE r IS NOT NULL) q
         WHERE (${first}) IS NULL
       ) INSERT INTO ${turn} (listener_id, ready_at) SELECT DISTINCT l, clock_timestamp() FROM queued`,
      [JSON.stringify(rows)],
    );
  }
}
