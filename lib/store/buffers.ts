import type { Query } from './database';
import {
  ANY_SHAPE,
  type KnownHook,
  OPEN_SHAPE,
  PLAN_ORDER,
  UNPLANNED_SQL,
  unplannedSql,
} from './events';
import { pairsSql } from './pairs-sql';
import type { ProcessRow } from './processes';
import type { Tables } from './tables';

/** How the shapes of buffered events begin. The rest is the id of the process, the number of the buffer, a slash, and the real shape. */
export const BUFFERED = 'buffer:';

/** What a buffer puts before the shapes of its events, so that no process finds them to plan. */
export function bufferPrefix(processId: string, number: number): string {
  return `${BUFFERED}${processId}:${number}/`;
}

/** The buffers of a process, by their numbers. Those that are not open hold nothing back any more. */
export interface HeldBuffers {
  readonly processId: string;
  /** Those with higher numbers may have been opened meanwhile. */
  readonly newest: number;
  readonly open: readonly number[];
}

/** Events released in one statement. */
export const RELEASED_AT_ONCE = 1_000;

const REAL_SHAPE_SQL = `substr(shape, strpos(shape, '/') + 1)`;

/** Statements on buffered events: committed events that are planned when their buffer is flushed. */
export class BufferRows {
  constructor(
    private readonly query: Query,
    private readonly tables: Tables,
  ) {}

  /** Lets the committed events of a buffer be planned. Returns the ids of at most `RELEASED_AT_ONCE` of them. */
  async release(prefix: string, hooks: readonly KnownHook[]): Promise<readonly string[]> {
    const { event } = this.tables;
    const shapes = hooks.flatMap(({ name, shape }) =>
      [shape, OPEN_SHAPE, ANY_SHAPE].map((one) => ({ name, shape: prefix + one })),
    );
    const rows = await this.query<{ id: string }>(
      `UPDATE ${event} SET shape = ${REAL_SHAPE_SQL} WHERE id = ANY(ARRAY(
         SELECT e.id FROM unnest($1::text[], $2::text[]) AS k(name, fields) CROSS JOIN LATERAL (
           SELECT id FROM ${event} WHERE ${unplannedSql('k.name', 'k.fields')}
           ORDER BY ${PLAN_ORDER} LIMIT ${RELEASED_AT_ONCE} FOR UPDATE SKIP LOCKED) e
         LIMIT ${RELEASED_AT_ONCE})) RETURNING id`,
      [shapes.map(({ name }) => name), shapes.map(({ shape }) => shape)],
    );
    return rows.map(({ id }) => id);
  }

  /** The same, whatever the real shapes of the events are. It looks at the shapes of all unplanned events. */
  async releaseAny(prefix: string): Promise<readonly string[]> {
    const { event } = this.tables;
    const rows = await this.query<{ id: string }>(
      `${pairsSql(event)}, buffered AS (SELECT hook, shape FROM pairs WHERE starts_with(shape, $1))
       ${releaseSql(event, 'buffered')} RETURNING id`,
      [prefix],
    );
    return rows.map(({ id }) => id);
  }

  /**
   * The same for buffers of processes that have not shown in time that they are alive, by the clock of the database. Returns how many events
   * were released.
   */
  async releaseAbandoned(ownId: string): Promise<number> {
    const { event, process } = this.tables;
    const rows = await this.query(
      `${pairsSql(event)}, buffered AS (
         SELECT hook, shape, split_part(shape, ':', 2)::uuid AS process_id FROM pairs WHERE shape LIKE '${BUFFERED}%'
       ), abandoned AS (
         SELECT b.hook, b.shape FROM buffered b LEFT JOIN ${process} p ON p.id = b.process_id
         WHERE b.process_id <> $1::uuid AND (p.buffers_until IS NULL OR p.buffers_until < clock_timestamp())
       ) ${releaseSql(event, 'abandoned')} RETURNING id`,
      [ownId],
    );
    return rows.length;
  }

  /**
   * The same for ended buffers of a process itself: their events were committed long after the end, by a transaction that was not known.
   */
  async releaseLeft({ processId, newest, open }: HeldBuffers): Promise<number> {
    const { event } = this.tables;
    const rows = await this.query(
      `${pairsSql(event)}, numbered AS (
         SELECT hook, shape, split_part(split_part(shape, ':', 3), '/', 1)::int AS number FROM pairs WHERE starts_with(shape, $1)
       ), ended AS (
         SELECT hook, shape FROM numbered WHERE number <= $2::int AND number <> ALL($3::int[])
       ) ${releaseSql(event, 'ended')} RETURNING id`,
      [`${BUFFERED}${processId}:`, newest, open],
    );
    return rows.length;
  }

  /** Stores that a process is alive, and when it will show so again at the latest. */
  async keepAlive({ id, hostname, pid }: ProcessRow, forMs: number): Promise<void> {
    await this.query(
      `INSERT INTO ${this.tables.process} (id, hostname, pid, buffers_until)
       VALUES ($1, $2, $3, clock_timestamp() + $4::float8 * interval '1 millisecond')
       ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp(), buffers_until = excluded.buffers_until`,
      [id, hostname, pid, forMs],
    );
  }
}

/** Removes the marks of the first events of these pairs; `pairs` is a common table expression of hooks and shapes. */
function releaseSql(event: string, pairs: string): string {
  return `UPDATE ${event} SET shape = ${REAL_SHAPE_SQL} WHERE ${UNPLANNED_SQL} AND id = ANY(ARRAY(
    SELECT e.id FROM ${pairs} p CROSS JOIN LATERAL (
      SELECT id FROM ${event} WHERE ${unplannedSql('p.hook', 'p.shape')}
      ORDER BY ${PLAN_ORDER} LIMIT ${RELEASED_AT_ONCE} FOR UPDATE SKIP LOCKED) e
    LIMIT ${RELEASED_AT_ONCE}))`;
}
