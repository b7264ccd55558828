import { withoutRowSql } from './chunks';
import type { Query } from './database';
import { hasEarlierSql } from './due-sql';
import { type PlannableHere, plannableParameters, plannableSql } from './events';
import type { Tables } from './tables';

export interface PruneOptions {
  /** Only rows that are older. */
  readonly ageMs: number;
  /** At most this many rows. */
  readonly limit: number;
}

/** What `idle()` asks for. */
export interface DueHere extends PlannableHere {
  /** Waiting deliveries that become due within this time count as due. */
  readonly soonMs: number;
  /** Listeners that this process claims nothing for now. */
  readonly barred: readonly string[];
}

/** What this process could do now. */
export interface DueCounts {
  readonly events: number;
  readonly chunks: number;
  readonly deliveries: number;
}

export interface BacklogRow {
  readonly waiting: number;
  /** When the oldest of them was stored; null if there is none. */
  readonly oldestAt: Date | null;
}

/** Statements that clean up, and those that count what is left to do. */
export class Upkeep {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}

  /** Names of our tables that do not exist. */
  async tablesMissing(): Promise<readonly string[]> {
    const missing = await this.query<{ name: string }>(
      'SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NULL',
      [Object.values(this.tables)],
    );
    return missing.map(({ name }) => name);
  }

  /** Deletes ended deliveries and their attempts. Returns how many. */
  async pruneDeliveries({ ageMs, limit }: PruneOptions): Promise<number> {
    const { delivery, attempt } = this.tables;
    const removed = await this.query(
      `WITH old AS (
         DELETE FROM ${delivery} WHERE id IN (
           SELECT id FROM ${delivery} WHERE next_at IS NULL AND chunk_id IS NULL
             AND created_at < now() - $1 * interval '1 millisecond'
             AND updated_at < now() - $1 * interval '1 millisecond'
           ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED
         ) RETURNING id
       ), attempts AS (DELETE FROM ${attempt} WHERE delivery_id IN (SELECT id FROM old))
       SELECT id FROM old`,
      [ageMs, limit],
    );
    return removed.length;
  }

  /** Deletes listeners that were made for single events and that no event has used since. They are marked as used once a day. */
  async pruneDynamicListeners({ ageMs, limit }: PruneOptions): Promise<void> {
    const { listener, delivery } = this.tables;
    await this.query(
      `DELETE FROM ${listener} WHERE id IN (
         SELECT l.id FROM ${listener} l WHERE l.dynamic
           AND l.updated_at < now() - interval '2 days' - $1 * interval '1 millisecond'
           AND NOT EXISTS (SELECT FROM ${delivery} d WHERE d.listener_id = l.id AND ${isOpenSql('d')})
         LIMIT $2 FOR UPDATE SKIP LOCKED)`,
      [ageMs, limit],
    );
  }

  /** Deletes planned events, but for those with a delivery that has not ended. Returns how many. */
  async pruneEvents({ ageMs, limit }: PruneOptions): Promise<number> {
    const { event, delivery, chunk } = this.tables;
    const removed = await this.query(
      `DELETE FROM ${event} WHERE id IN (
         SELECT e.id FROM ${event} e WHERE e.planned_at < now() - $1 * interval '1 millisecond'
           AND NOT EXISTS (SELECT FROM ${delivery} d WHERE d.event_id = e.id AND ${isOpenSql('d')})
           AND NOT EXISTS (SELECT FROM ${chunk} c WHERE e.id = ANY(c.event_ids))
         ORDER BY e.id LIMIT $2 FOR UPDATE SKIP LOCKED
       ) RETURNING id`,
      [ageMs, limit],
    );
    return removed.length;
  }

  /** Deletes processes that have not been seen for that long. */
  async pruneProcesses(ageMs: number): Promise<void> {
    await this.query(
      `DELETE FROM ${this.tables.process} WHERE seen_at < now() - $1 * interval '1 millisecond'`,
      [ageMs],
    );
  }

  /** Deletes breakers that nobody has tried since they could be, and the paces of listeners that have no rate limit any more. */
  async pruneOriginsAndPaces(ageMs: number): Promise<void> {
    const { origin, pace, listener } = this.tables;
    await this.query(
      `WITH tried AS (DELETE FROM ${origin} WHERE open_until < now() - $1 * interval '1 millisecond')
       DELETE FROM ${pace} p WHERE free_at < now() - $1 * interval '1 millisecond'
         AND NOT EXISTS (SELECT FROM ${listener} l WHERE l.id = p.listener_id AND l.max_per_second IS NOT NULL)`,
      [ageMs],
    );
  }

  /** Counts the events, chunks and deliveries that this process could work on now. */
  async countDue(here: DueHere): Promise<DueCounts> {
    const { event, chunk, delivery } = this.tables;
    // The comparison in UTC is that of the index.
    const [row] = await this.query<DueCounts>(
      `SELECT (SELECT count(*)::float8 FROM ${event} WHERE ${plannableSql('here')}) AS events,
         (SELECT count(*)::float8 FROM ${chunk} WHERE lease_until < clock_timestamp()) AS chunks,
         (SELECT count(*)::float8 FROM ${delivery} d WHERE next_at IS NOT NULL
           AND next_at AT TIME ZONE 'UTC' <= (now() + $3 * interval '1 millisecond') AT TIME ZONE 'UTC'
           AND (status = 'waiting' OR next_at <= clock_timestamp())
           AND NOT (listener_id = ANY($4::uuid[]))
           AND NOT (row_id IS NOT NULL AND ${hasEarlierSql(this.tables)})) AS deliveries`,
      [...plannableParameters(here), here.soonMs, here.barred],
    );
    return row ?? { events: 0, chunks: 0, deliveries: 0 };
  }

  /** Whether each delivery of these events has a stored outcome: the question of a commit that waits. */
  async areTried(eventIds: readonly string[]): Promise<boolean> {
    const { event, delivery } = this.tables;
    const untried = await this.query(
      `SELECT FROM ${event} WHERE id = ANY($1::uuid[]) AND planned_at IS NULL
       UNION ALL SELECT FROM (
         ${withoutRowSql(this.tables, 'c.event_ids && $1::uuid[] AND p.event_id = ANY($1::uuid[])')}) w
       UNION ALL SELECT FROM ${delivery} WHERE event_id = ANY($1::uuid[]) AND status = 'waiting' AND reason IS NULL
       LIMIT 1`,
      [eventIds],
    );
    return untried.length === 0;
  }

  /** Events that are not planned yet, by whichever process. */
  async eventBacklog(): Promise<BacklogRow> {
    const [row] = await this.query<BacklogRow>(
      `SELECT count(*)::float8 AS waiting, min(occurred_at) AS "oldestAt" FROM ${this.tables.event}
       WHERE ${plannableSql('anywhere')}`,
    );
    return row ?? NO_BACKLOG;
  }

  /** Deliveries that have not ended, with or without a row of their own. */
  async deliveryBacklog(): Promise<BacklogRow> {
    const [row] = await this.query<BacklogRow>(
      `SELECT count(*)::float8 AS waiting, min(created_at) AS "oldestAt" FROM (
         SELECT d.created_at FROM ${this.tables.delivery} d WHERE ${isOpenSql('d')}
         UNION ALL SELECT w.created_at FROM (${withoutRowSql(this.tables)}) w) waiting`,
    );
    return row ?? NO_BACKLOG;
  }

  /** How many deliveries were first tried within this time, by their status. */
  async triedWithin(
    seconds: number,
  ): Promise<readonly { readonly status: string; readonly count: number }[]> {
    return this.query(
      `SELECT status, count(*)::float8 FROM ${this.tables.delivery}
       WHERE created_at > now() - $1 * interval '1 second' GROUP BY status`,
      [seconds],
    );
  }
}

const NO_BACKLOG: BacklogRow = { waiting: 0, oldestAt: null };

/** Whether a delivery has not ended: it is due at some time, or it is in a chunk. */
function isOpenSql(delivery: string): string {
  return `(${delivery}.next_at IS NOT NULL OR ${delivery}.chunk_id IS NOT NULL)`;
}
