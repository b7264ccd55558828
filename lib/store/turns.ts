import { type ChunkRow, type Lease, type StoredChunk, toChunk } from './chunks';
import type { Query } from './database';
import { dueSql } from './due-sql';
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

/** Deliveries that `mend` looks at. */
const MENDED_AT_ONCE = 2_000;
/** Listeners whose turns are merged in one statement. */
const MERGED_AT_ONCE = 5_000;
/** A younger turn may stand for deliveries that a running claim does not see. */
const MERGED_AFTER_MS = 10_000;

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
      `SELECT (extract(epoch FROM min(ready_at) - clock_timestamp()) * 1000)::float8 AS ms
       FROM ${this.tables.turn} WHERE listener_id NOT IN (SELECT unnest($1::uuid[]))`,
      [exceptListeners],
    );
    return row?.ms ?? null;
  }

  /** Stores deliveries in turn, each as a row of its own that is due now, and a turn for each of their listeners. */
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
    await this.query(
      `WITH stored AS (
         INSERT INTO ${this.tables.delivery} (id, event_id, listener_id, event, status, attempt, retries, reschedules,
           next_at, row_id, sequence)
         SELECT id, e, l, n, 'waiting', 0, 0, 0, clock_timestamp(), r, s
         FROM json_to_recordset($1::json) AS q(id uuid, e uuid, l uuid, n text, r uuid, s bigint)
         RETURNING listener_id
       ) INSERT INTO ${this.tables.turn} (listener_id, ready_at) SELECT DISTINCT listener_id, clock_timestamp() FROM stored`,
      [JSON.stringify(rows)],
    );
  }

  /** Adds turns for due deliveries that have none: those of an earlier release, or whose `next_at` was changed by hand. */
  async mend(): Promise<void> {
    const { delivery, turn } = this.tables;
    // An index on `next_at` itself would mislead the planner of PostgreSQL; see the migration that made this one.
    await this.query(
      `INSERT INTO ${turn} (listener_id, ready_at)
       SELECT DISTINCT listener_id, now() FROM (
         SELECT listener_id FROM ${delivery} WHERE next_at IS NOT NULL AND next_at AT TIME ZONE 'UTC' <= now() AT TIME ZONE 'UTC'
         ORDER BY next_at AT TIME ZONE 'UTC' LIMIT ${MENDED_AT_ONCE}) d
       WHERE NOT EXISTS (SELECT FROM ${turn} t WHERE t.listener_id = d.listener_id AND t.ready_at <= now())`,
    );
  }

  /**
   * Deletes all but the first old turn of each listener, because they add nothing. The first one is locked meanwhile. A claim that
   * began earlier could take it without seeing the deliveries that the deleted turns stand for; such a claim ends within milliseconds,
   * so only turns of a certain age are deleted.
   */
  async merge(): Promise<void> {
    const { turn } = this.tables;
    await this.query(
      `WITH kept AS (
         SELECT t.id, t.listener_id FROM ${turn} t WHERE t.ready_at <= now() AND NOT EXISTS (
           SELECT FROM ${turn} f WHERE f.listener_id = t.listener_id AND (f.ready_at, f.id) < (t.ready_at, t.id))
         LIMIT ${MERGED_AT_ONCE} FOR UPDATE SKIP LOCKED
       ) DELETE FROM ${turn} t USING kept k WHERE t.listener_id = k.listener_id AND t.id <> k.id
         AND t.ready_at <= now() - ${MERGED_AFTER_MS} * interval '1 millisecond'`,
    );
  }
}
