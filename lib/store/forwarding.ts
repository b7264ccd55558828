import type { Query } from './database';
import { UNENDED } from './due-sql';
import type { Tables } from './tables';

/** Statements that make later work due at once, for tests. */
export class Forwarding {
  constructor(
    private readonly query: Query,
    private readonly tables: Tables,
  ) {}

  /** Makes all deliveries due now that are due later, and ends the pauses and breakers that hold them back. Returns how many there are. */
  async bringForward(): Promise<number> {
    const { delivery, listener, origin, turn, head } = this.tables;
    const [row] = await this.query<{ count: number }>(
      `WITH unpaused AS (UPDATE ${listener} SET paused_until = NULL WHERE paused_until > now()),
       closed AS (DELETE FROM ${origin}),
       due AS (
         UPDATE ${delivery} SET next_at = now() WHERE next_at > now() AND chunk_id IS NULL AND ${UNENDED}
         RETURNING listener_id, row_id
       ), heads AS (
         INSERT INTO ${head} (listener_id, row_id, ready_at)
         SELECT DISTINCT listener_id, row_id, now() FROM due WHERE row_id IS NOT NULL
       ), turns AS (INSERT INTO ${turn} (listener_id, ready_at) SELECT DISTINCT listener_id, now() FROM due)
       SELECT count(*)::int AS count FROM due`,
    );
    return row?.count ?? 0;
  }
}
