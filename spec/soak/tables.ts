import type { DataSource } from 'typeorm';

/** The extent of our tables at one moment. */
export interface TableSample {
  readonly rows: Readonly<Record<string, number>>;
  /** Age of the oldest row that pruning may delete, since it ended. */
  readonly oldestMs: number;
}

const TABLES = ['event', 'chunk', 'delivery', 'attempt', 'turn', 'origin', 'process'] as const;

/** Ended deliveries, planned events without one that has not ended, and attempts of deliveries that are deleted. */
const OLDEST_SQL = `SELECT coalesce(extract(epoch FROM now() - min(ended_at)) * 1000, 0)::float8 AS ms FROM (
  SELECT greatest(created_at, updated_at) AS ended_at FROM model_hook_delivery
  WHERE next_at IS NULL AND chunk_id IS NULL
  UNION ALL
  SELECT greatest(planned_at, (SELECT max(updated_at) FROM model_hook_delivery d WHERE d.event_id = e.id))
  FROM model_hook_event e WHERE planned_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM model_hook_chunk c WHERE e.id = ANY (c.event_ids))
    AND NOT EXISTS (SELECT FROM model_hook_delivery d
      WHERE d.event_id = e.id AND (d.next_at IS NOT NULL OR d.chunk_id IS NOT NULL))
  UNION ALL
  SELECT attempted_at FROM model_hook_attempt a
  WHERE NOT EXISTS (SELECT FROM model_hook_delivery d WHERE d.id = a.delivery_id)
) ended`;

export async function sampleTables(dataSource: DataSource): Promise<TableSample> {
  const counts = TABLES.map(
    (table) => `(SELECT count(*)::int FROM model_hook_${table}) AS "${table}"`,
  );
  const [rows = {}] = await dataSource.query<Record<string, number>[]>(
    `SELECT ${counts.join(', ')}`,
  );
  const [oldest] = await dataSource.query<{ ms: number }[]>(OLDEST_SQL);
  return { rows, oldestMs: oldest?.ms ?? 0 };
}

/** Number of events of the application that are still stored. */
export async function unprunedEvents(dataSource: DataSource): Promise<number> {
  const [row] = await dataSource.query<{ count: number }[]>(
    `SELECT count(*)::int FROM model_hook_event WHERE hook NOT LIKE 'model-hooks.%'`,
  );
  return row?.count ?? 0;
}
