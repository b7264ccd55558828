import { CALLED } from './calls';
import type { Query } from './database';
import { type DeliveryStatus, ENDED_STATUSES } from './deliveries';
import { EventInsert, type NewEventRow } from './event-insert';
import { OutboxRows } from './outbox';
import type { Tables } from './tables';
import type { DeliveryInTurnRow } from './turns';

/** A delivery that is sent again as a delivery of a new event. */
export interface RenewedDelivery {
  readonly id: string;
  /** Ids of the new event and of its delivery. */
  readonly newEventId: string;
  readonly newId: string;
}

/** Statements of replays and backfills, each on a batch of rows. */
export class BulkRows {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}

  /** Milliseconds since the epoch, by the clock of the database. */
  async nowMs(): Promise<number> {
    const [row] = await this.query<{ ms: number }>(
      'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms',
    );
    return Number(row?.ms);
  }

  /**
   * Makes ended deliveries due now, as `DeliveryRows.retry` does for one, and gives their listeners a turn. Returns how many. Left out are
   * those that have not ended any more, those whose event was pruned, and calls.
   */
  async again(ids: readonly string[]): Promise<number> {
    const { delivery, attempt, turn, head } = this.tables;
    const [row] = await this.query<{ count: number }>(
      `WITH ended AS MATERIALIZED (${this.#endedSql('d.*', `d.id = ANY($1::uuid[])`)}),
       kept AS (
         INSERT INTO ${attempt} (delivery_id, number, outcome, http_status, reason, response, duration_ms, attempted_at)
         SELECT id, attempt, status, http_status, reason, response, duration_ms, attempted_at FROM ended
         WHERE attempted_at IS NOT NULL ON CONFLICT DO NOTHING
       ), again AS (
         UPDATE ${delivery} d SET status = 'waiting', next_at = now(), retries = 0, reschedules = 0, updated_at = clock_timestamp()
         WHERE d.id = ANY(ARRAY(SELECT id FROM ended)) RETURNING d.listener_id, d.row_id
       ), heads AS (
         INSERT INTO ${head} (listener_id, row_id, ready_at)
         SELECT DISTINCT listener_id, row_id, now() FROM again WHERE row_id IS NOT NULL
       ), turns AS (INSERT INTO ${turn} (listener_id, ready_at) SELECT DISTINCT listener_id, now() FROM again)
       SELECT count(*)::int AS count FROM again`,
      [ids],
    );
    return row?.count ?? 0;
  }

  /**
   * Copies the events of ended deliveries under new ids, as planned, and returns their deliveries, which `Turns.queue` stores in the same
   * transaction. Left out are the same deliveries as by `again`, and those of listeners that do not exist any more.
   */
  copied(
    renewed: readonly RenewedDelivery[],
    processId: string,
  ): Promise<readonly DeliveryInTurnRow[]> {
    const { event, listener } = this.tables;
    const columns = `hook, event, operation, ref, sender, headers, data, previous, raw_previous, row_id, shape, due_at, context, trace, occurred_at`;
    return this.query<DeliveryInTurnRow>(
      `WITH renewed AS (
         SELECT * FROM json_to_recordset($1::json) AS r(id uuid, "newEventId" uuid, "newId" uuid)
       ), ended AS MATERIALIZED (
         ${this.#endedSql('d.id, d.event_id, d.listener_id', 'd.id = ANY(ARRAY(SELECT id FROM renewed))')}
       ), chosen AS (
         SELECT r."newEventId", r."newId", e.event_id, e.listener_id, l.ordered
         FROM ended e JOIN renewed r ON r.id = e.id JOIN ${listener} l ON l.id = e.listener_id
       ), copied AS (
         INSERT INTO ${event} (id, process_id, planned_at, ${columns})
         SELECT c."newEventId", $2::uuid, now(), ${columns.replaceAll(/\w+/g, 'e.$&')}
         FROM chosen c JOIN ${event} e ON e.id = c.event_id ORDER BY e.sequence
         RETURNING id, event, row_id, sequence
       ) SELECT c."newId" AS id, e.id AS "eventId", c.listener_id AS "listenerId", e.event,
         CASE WHEN c.ordered THEN e.row_id END AS "rowId", CASE WHEN c.ordered THEN e.sequence::text END AS sequence
       FROM copied e JOIN chosen c ON c."newEventId" = e.id`,
      [JSON.stringify(renewed), processId],
    );
  }

  /** Stores events as planned. Returns the sequence of each by its id. */
  async insertPlanned(
    events: readonly NewEventRow[],
    processId: string,
  ): Promise<ReadonlyMap<string, string>> {
    const insert = new EventInsert();
    insert.addRows(events);
    const outbox = new OutboxRows(this.query, this.tables);
    const sql = outbox.insertSql(insert, { processId, skipped: null, isPlanned: true });
    const rows = await this.query<{ id: string; sequence: string }>(
      `${sql} RETURNING id, sequence::text AS sequence`,
      insert.parameters,
    );
    return new Map(rows.map(({ id, sequence }) => [id, sequence]));
  }

  /** Locked in the order of their ids, so that two replays of the same deliveries wait for each other. */
  #endedSql(columns: string, condition: string): string {
    const { delivery, event } = this.tables;
    const statuses = ENDED_STATUSES.map((status: DeliveryStatus) => `'${status}'`).join(', ');
    return `SELECT ${columns} FROM ${delivery} d
      WHERE ${condition} AND d.status IN (${statuses}) AND d.next_at IS NULL AND d.chunk_id IS NULL
        AND EXISTS (SELECT FROM ${event} e WHERE e.id = d.event_id AND e.skipped IS DISTINCT FROM '${CALLED}')
      ORDER BY d.id FOR UPDATE OF d`;
  }
}
