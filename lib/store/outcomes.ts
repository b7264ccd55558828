import type { ChunkRef } from './chunks';
import type { Query } from './database';
import type { DeliveryStatus } from './deliveries';
import { insertEventsSql } from './outbox';
import type { Tables } from './tables';

/**
 * The outcome of one delivery. `chunk` and `event` are places in the lists that are stored with it. A value that is null or false is left
 * out: parsing it would take the database as long as all the others.
 */
export interface OutcomeRow {
  readonly chunk: number;
  readonly event: number;
  readonly id: string;
  readonly listener_id: string;
  readonly status: DeliveryStatus;
  readonly attempt: number;
  readonly retries: number | undefined;
  readonly reschedules: number | undefined;
  /** The delivery is due again after this time. */
  readonly after_ms: number | undefined;
  readonly http_status: number | undefined;
  readonly reason: string | undefined;
  readonly response: string | undefined;
  /** JSON as text, because a `json` column of a record refuses an escaped NUL. */
  readonly retval: string | undefined;
  /** For operators; stored with the attempt. */
  readonly detail: string | undefined;
  readonly duration_ms: number | undefined;
  readonly attempted_at: string | undefined;
  /** The attempt gets a row of its own. */
  readonly is_kept: true | undefined;
  /** The listener gets a turn, when the delivery is due again. */
  readonly gives_turn: true | undefined;
  /** The chunk is deleted: this is its last outcome. */
  readonly closes: true | undefined;
}

export interface Placed {
  readonly place: number;
}

/** Either the place of a chunk whose lease this process still holds, or the id of a delivery whose outcome was stored before. */
export interface RecordedRow {
  readonly place: number | null;
  readonly repeated: string | null;
}

/** What outcomes say about a listener. */
export interface ListenerHealthRow {
  readonly id: string;
  /** Null: not known. */
  readonly healthy: boolean | null;
  readonly pause_ms: number | null;
}

/** An event of the package itself, which no row of the application caused. */
export interface OwnEventRow {
  readonly id: string;
  readonly hook: string;
  readonly sender: string | null;
  readonly data: Readonly<Record<string, string | null>>;
  readonly process_id: string;
}

const OWN_EVENT_COLUMNS = ['id', 'hook', 'event', 'sender', 'data', 'process_id'];

/** Statements that store outcomes of deliveries, and what they say about their listeners. */
export class Outcomes {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
    /** Does not wait for the disk: for what is done again, under the same ids, if a crash of the database has undone it. */
    protected readonly repeatable: Query = query,
  ) {}

  /**
   * Stores outcomes of chunks whose lease still has the same token; outcomes of other chunks are ignored. An outcome that closes its chunk
   * deletes it. An outcome that another attempt follows, or another delivery about the same row, gives its listener a turn. An outcome of an
   * ordered listener gives its row a head.
   *
   * A delivery that is not assigned to these chunks has its outcome already: the first answer was lost. Its outcome is not stored again,
   * because others may have continued with that delivery; its id is returned as `repeated`.
   *
   * Outcomes that leave a chunk open must be `isDurable`: if a crash of the database undid them, a later outcome could still close the
   * chunk, and nobody would look for the deliveries that have lost theirs.
   */
  record(
    outcomes: readonly OutcomeRow[],
    chunks: readonly (ChunkRef & Placed)[],
    events: readonly ({ readonly id: string; readonly name: string } & Placed)[],
    { isDurable = true }: { readonly isDurable?: boolean } = {},
  ): Promise<readonly RecordedRow[]> {
    const run = isDurable ? this.query : this.repeatable;
    return run<RecordedRow>(
      recordSql(this.tables),
      [outcomes, chunks, events].map((rows) => JSON.stringify(rows)),
      'frequent',
    );
  }

  /** Ends a delivery whose outcome cannot be stored, if it has a row and is in this chunk. */
  async abandon(deliveryId: string, { id, token }: ChunkRef): Promise<void> {
    const { delivery, chunk } = this.tables;
    await this.query(
      `UPDATE ${delivery} d SET status = 'failed', next_at = NULL, chunk_id = NULL, updated_at = clock_timestamp()
       FROM ${chunk} c WHERE d.id = $1 AND d.chunk_id = c.id AND c.id = $2 AND c.token = $3`,
      [deliveryId, id, token],
    );
  }

  /** Deletes a chunk whose outcomes are all stored already. */
  async closeChunk({ id, token }: ChunkRef): Promise<void> {
    await this.repeatable(`DELETE FROM ${this.tables.chunk} WHERE id = $1 AND token = $2`, [
      id,
      token,
    ]);
  }

  /** Stores since when active listeners fail and until when they are paused. */
  async storeHealth(listeners: readonly ListenerHealthRow[]): Promise<void> {
    await this.query(
      `UPDATE ${this.tables.listener} l SET
         failing_since = CASE WHEN e.healthy THEN NULL WHEN NOT e.healthy THEN coalesce(l.failing_since, now())
           ELSE l.failing_since END,
         paused_until = coalesce(now() + e.pause_ms * interval '1 millisecond', l.paused_until)
       FROM json_to_recordset($1::json) AS e(id uuid, healthy boolean, pause_ms float8)
       WHERE l.id = e.id AND l.active`,
      [JSON.stringify(listeners)],
    );
  }

  /** Stores events of the package itself; their event name is the name of their hook. */
  async storeOwnEvents(events: readonly OwnEventRow[]): Promise<void> {
    const select = `SELECT id, hook, hook, sender, data, process_id
       FROM json_to_recordset($1::json) AS e(id uuid, hook text, sender text, data json, process_id uuid)`;
    await this.query(insertEventsSql(this.tables, OWN_EVENT_COLUMNS, [select]), [
      JSON.stringify(events),
    ]);
  }
}

/** Outcomes are $1, their chunks $2 and their events $3. The rows of chunks are locked in one order, so that no two processes deadlock. */
function recordSql({ chunk, delivery, attempt, turn, head }: Tables): string {
  return `WITH leased AS (
    SELECT h.place, c.id FROM ${chunk} c
    JOIN json_to_recordset($2::json) AS h(place int, id uuid, token bigint) ON c.id = h.id AND c.token = h.token
    ORDER BY c.id FOR UPDATE OF c
  ), mine AS (
    SELECT r.*, leased.id AS chunk_id, e.id AS event_id, e.name
    FROM json_to_recordset($1::json) AS r(chunk int, event int, id uuid, listener_id uuid, status text, attempt int,
      retries int, reschedules int, after_ms float8, http_status int, reason text, response text, retval text,
      detail text, duration_ms int, attempted_at timestamptz, is_kept boolean, gives_turn boolean, closes boolean)
    JOIN leased ON leased.place = r.chunk
    JOIN json_to_recordset($3::json) AS e(place int, id uuid, name text) ON e.place = r.event
  ), written AS (
    INSERT INTO ${delivery} AS d (id, event_id, listener_id, event, status, attempt, retries, reschedules,
      next_at, http_status, reason, response, retval, duration_ms, attempted_at)
    SELECT id, event_id, listener_id, name, status, attempt, coalesce(retries, 0), coalesce(reschedules, 0),
      clock_timestamp() + after_ms * interval '1 millisecond', http_status, reason, response, retval::json,
      duration_ms, attempted_at FROM mine
    ON CONFLICT (id) DO UPDATE SET status = excluded.status, attempt = excluded.attempt,
      retries = excluded.retries, reschedules = excluded.reschedules, next_at = excluded.next_at,
      chunk_id = NULL, reason = excluded.reason, retval = excluded.retval,
      http_status = CASE WHEN excluded.attempted_at IS NULL THEN d.http_status ELSE excluded.http_status END,
      response = CASE WHEN excluded.attempted_at IS NULL THEN d.response ELSE excluded.response END,
      duration_ms = coalesce(excluded.duration_ms, d.duration_ms),
      attempted_at = coalesce(excluded.attempted_at, d.attempted_at), updated_at = clock_timestamp()
    WHERE d.chunk_id IN (SELECT id FROM leased) RETURNING d.id, d.listener_id, d.row_id, d.next_at
  ), heads AS (
    INSERT INTO ${head} (listener_id, row_id, ready_at)
    SELECT listener_id, row_id, coalesce(next_at, clock_timestamp()) FROM written WHERE row_id IS NOT NULL
  ), tried AS (
    INSERT INTO ${attempt} (delivery_id, number, outcome, http_status, reason, response, detail, duration_ms, attempted_at)
    SELECT id, attempt, status, http_status, reason, response, detail, duration_ms, attempted_at FROM mine WHERE is_kept
    ON CONFLICT DO NOTHING
  ), turns AS (
    INSERT INTO ${turn} (listener_id, ready_at)
    SELECT listener_id, clock_timestamp() + min(coalesce(after_ms, 0)) * interval '1 millisecond' FROM mine
    WHERE gives_turn GROUP BY listener_id
  ), closed AS (
    DELETE FROM ${chunk} WHERE id IN (SELECT chunk_id FROM mine WHERE closes)
  ) SELECT place, NULL::uuid AS repeated FROM leased
  UNION ALL SELECT NULL, id FROM mine WHERE (SELECT count(*) FROM written) < (SELECT count(*) FROM mine)
    AND NOT EXISTS (SELECT FROM written WHERE written.id = mine.id)`;
}
