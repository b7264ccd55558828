import type { Query } from './database';
import { UNPLANNED_SQL } from './events';
import type { Tables } from './tables';

/** How long the oldest work has been left to do. */
export class Lag {
  constructor(
    private readonly query: Query,
    private readonly tables: Tables,
  ) {}

  /**
   * Seconds since the oldest of these: an event without a plan was stored, a chunk that is being sent was made, a delivery was due. 0 if
   * there is none. Each is the first entry of an index.
   */
  async oldestSeconds(): Promise<number> {
    const { event, chunk, delivery } = this.tables;
    // The ids of events and chunks begin with the time. The comparison in UTC is that of the index.
    const [row] = await this.query<{ seconds: number | null }>(
      `SELECT greatest(0, extract(epoch FROM clock_timestamp() - least(
         (SELECT e.occurred_at FROM ${event} e WHERE e.${UNPLANNED_SQL} ORDER BY e.id LIMIT 1),
         (SELECT c.created_at FROM ${chunk} c ORDER BY c.id LIMIT 1),
         (SELECT d.next_at FROM ${delivery} d WHERE d.next_at IS NOT NULL AND d.next_at AT TIME ZONE 'UTC' <= now() AT TIME ZONE 'UTC'
          ORDER BY d.next_at AT TIME ZONE 'UTC' LIMIT 1))))::float8 AS seconds`,
    );
    return row?.seconds ?? 0;
  }
}
