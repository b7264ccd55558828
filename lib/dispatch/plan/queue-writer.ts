import type { EventRow } from '../../capture/outbox/event-row';
import { deliveryId } from '../../delivery/chunk/chunk';
import type { Match } from '../../listener/matching/match';
import type { Query } from '../../store/database';
import type { Tables } from '../../store/tables';

/** A delivery that has its turn: it waits in a row of its own from the beginning. */
export interface QueuedDelivery {
  readonly eventId: string;
  readonly listenerId: string;
}

interface Row {
  readonly id: string;
  readonly e: string;
  readonly l: string;
  readonly n: string;
  readonly r: string | null;
  readonly s: string | null;
}

/** Rows stored in one statement. */
const STORED_AT_ONCE = 1_000;

/**
 * Stores the deliveries of ordered and paced listeners in the transaction that plans their events: whoever sees that an event is planned
 * sees its deliveries too, so that none of them can overtake another.
 */
export class QueueWriter {
  readonly deliveries: QueuedDelivery[] = [];
  #rows: Row[] = [];
  readonly #places: ReadonlyMap<string, Pick<EventRow, 'row_id' | 'sequence'>>;

  constructor(
    private readonly query: Query,
    private readonly tables: Tables,
    events: readonly Pick<EventRow, 'id' | 'row_id' | 'sequence'>[],
  ) {
    this.#places = new Map(events.map((event) => [event.id, event]));
  }

  async add({ event, queued = [] }: Match): Promise<void> {
    const place = this.#places.get(event.id);
    for (const { id: listenerId, ordered } of queued) {
      this.deliveries.push({ eventId: event.id, listenerId });
      this.#rows.push({
        id: deliveryId(event.id, listenerId),
        e: event.id,
        l: listenerId,
        n: event.name,
        r: ordered ? (place?.row_id ?? null) : null,
        s: ordered ? (place?.sequence ?? null) : null,
      });
    }
    if (this.#rows.length >= STORED_AT_ONCE) await this.end();
  }

  async end(): Promise<void> {
    const rows = this.#rows;
    this.#rows = [];
    if (rows.length === 0) return;
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
}
