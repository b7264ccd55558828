import type { DeliveryStatus } from '../delivery/chunk/outcome';
import type { Database } from '../store/database';
import type { Tables } from '../store/tables';

export interface Waiting {
  readonly waiting: number;
  /** When the oldest of them was made; null where none waits. */
  readonly oldestAt: Date | null;
}

export interface Stats {
  /** Committed, not planned yet. */
  readonly events: Waiting;
  /** Not ended yet, whether or not their time has come. */
  readonly deliveries: Waiting;
  /** Deliveries first tried in the last minute, a second, by what they are now. */
  readonly rates: Readonly<Partial<Record<DeliveryStatus, number>>>;
}

const WINDOW_SECONDS = 60;

/** How much there is to do, and what has been done lately, in the whole database. */
export async function stats({ query }: Database, tables: Tables): Promise<Stats> {
  const [events] = await query<WaitingRow>(
    `SELECT count(*) AS waiting, min(occurred_at) AS "oldestAt" FROM ${tables.event} WHERE planned_at IS NULL`,
  );
  const [deliveries] = await query<WaitingRow>(
    `SELECT count(*) AS waiting, min(at) AS "oldestAt" FROM (
       SELECT created_at AS at FROM ${tables.delivery} WHERE next_at IS NOT NULL OR chunk_id IS NOT NULL
       UNION ALL SELECT c.created_at FROM ${tables.chunk} c, unnest(c.event_ids, c.listener_ids) AS p(event_id, listener_id)
       WHERE NOT EXISTS (SELECT FROM ${tables.delivery} d
         WHERE d.event_id = p.event_id AND d.listener_id = p.listener_id)) w`,
  );
  const counts = await query<{ status: DeliveryStatus; count: string }>(
    `SELECT status, count(*) FROM ${tables.delivery}
     WHERE created_at > now() - interval '${WINDOW_SECONDS} seconds' GROUP BY status`,
  );
  const rates = counts.map(({ status, count }) => [status, Number(count) / WINDOW_SECONDS]);
  return {
    events: toWaiting(events),
    deliveries: toWaiting(deliveries),
    rates: Object.fromEntries(rates),
  };
}

interface WaitingRow {
  readonly waiting: string;
  readonly oldestAt: Date | null;
}

function toWaiting(row: WaitingRow | undefined): Waiting {
  return { waiting: Number(row?.waiting ?? 0), oldestAt: row?.oldestAt ?? null };
}
