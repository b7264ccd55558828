import type { Query } from './database';
import { EventInsert, type NewEventRow } from './event-insert';
import { OutboxRows } from './outbox';
import type { Tables } from './tables';

/** Why the event of a call is not planned: it has been delivered already. */
export const CALLED = 'called';

/** How a call ended. */
export interface CallRow {
  readonly id: string;
  readonly listener_id: string;
  readonly status: 'done' | 'failed';
  readonly http_status: number;
  readonly reason: string | null;
  readonly response: string | null;
  /** For operators; null if there is nothing to add to the reason. */
  readonly detail: string | null;
  readonly duration_ms: number;
}

/** The statement that logs calls of interactive hooks. */
export class CallRows {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}

  /** Stores a call as an event that is planned already, with the delivery that has ended. */
  async log(event: NewEventRow, call: CallRow, processId: string): Promise<void> {
    const { delivery, attempt } = this.tables;
    const insert = new EventInsert([JSON.stringify(call), event.id, event.event]);
    insert.addRows([event]);
    const eventSql = new OutboxRows(this.query, this.tables).insertSql(insert, {
      processId,
      skipped: CALLED,
    });
    // Of a delivery that ended with its first attempt, that attempt has a row of its own for the detail only.
    await this.query(
      `WITH stored AS (${eventSql}), called AS (
         SELECT c.*, clock_timestamp() - c.duration_ms * interval '1 millisecond' AS attempted_at
         FROM json_to_record($1::json) AS c(id uuid, listener_id uuid, status text, http_status int, reason text,
           response text, detail text, duration_ms int)
       ), tried AS (
         INSERT INTO ${attempt} (delivery_id, number, outcome, http_status, reason, response, detail, duration_ms, attempted_at)
         SELECT id, 1, status, http_status, reason, response, detail, duration_ms, attempted_at FROM called WHERE detail IS NOT NULL
       )
       INSERT INTO ${delivery} (id, event_id, listener_id, event, status, attempt, retries, reschedules,
         http_status, reason, response, duration_ms, attempted_at)
       SELECT id, $2::uuid, listener_id, $3::text, status, 1, 0, 0, http_status, reason, response, duration_ms, attempted_at FROM called
       ON CONFLICT DO NOTHING`,
      insert.parameters,
    );
  }
}
