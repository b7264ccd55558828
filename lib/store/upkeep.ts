import { CHUNK_COLUMNS, type ChunkRow, toChunk, withoutRowSql } from './chunks';
import { instantTextSql } from './cursor';
import type { Query } from './database';
import { firstOfRowSql, isHeadlessSql, UNENDED } from './due-sql';
import { type PlannableHere, plannableParameters, plannableSql, UNPLANNED_SQL } from './events';
import type { Tables } from './tables';

export interface PruneLimits {
  /** Only rows that are older. */
  readonly ageMs: number;
  /** At most this many rows. */
  readonly limit: number;
}

/** The row that a step of pruning ended with; the next step begins after it. */
export interface PrunePlace {
  readonly at: string;
  readonly id: string;
}

/** The place of the first step. */
export const PRUNE_START: PrunePlace = {
  at: '-infinity',
  id: '00000000-0000-0000-0000-000000000000',
};

export interface PruneStep extends PruneLimits {
  readonly after: PrunePlace;
}

export interface Pruned {
  readonly deleted: number;
  /** The row that it ended with. */
  readonly last: PrunePlace;
  /** Whether that is the last one that is old enough. */
  readonly isLast: boolean;
}

interface PrunedRow {
  readonly deleted: number;
  readonly looked: number;
  readonly at: string;
  readonly id: string;
}

/** What `idle()` asks for. */
export interface DueHere extends PlannableHere {
  /** Waiting deliveries that become due within this time count as due. */
  readonly soonMs: number;
  /** Listeners that this process claims nothing for now. */
  readonly barred: readonly string[];
}

/** What this process could do now. Of each kind at most 1,000 are counted. */
export interface DueCounts {
  readonly events: number;
  readonly chunks: number;
  readonly deliveries: number;
}

export interface Readiness {
  /** The encoding of the database, such as `UTF8`. */
  readonly encoding: string;
  /** Names of our tables that do not exist. */
  readonly missing: readonly string[];
}

export interface BacklogRow {
  readonly waiting: number;
  /** When the oldest of them was stored; null if there is none. */
  readonly oldestAt: Date | null;
}

/** What waits, as it was then by the clock of the database. */
export interface BacklogAt extends BacklogRow {
  readonly at: Date;
}

/** Statements that clean up, and those that count what is left to do. */
export class Upkeep {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}

  /** What keeps this database from being used, if anything. */
  async readiness(): Promise<Readiness> {
    const rows = await this.query<{ encoding: string; name: string | null }>(
      `SELECT current_setting('server_encoding') AS encoding, name
       FROM (SELECT) one LEFT JOIN unnest($1::text[]) AS name ON to_regclass(name) IS NULL`,
      [Object.values(this.tables)],
    );
    return {
      encoding: rows[0]?.encoding ?? '',
      missing: rows.flatMap(({ name }) => (name === null ? [] : [name])),
    };
  }

  /** Looks at old deliveries, the oldest first, and deletes the ended ones with their attempts. */
  async pruneDeliveries(step: PruneStep): Promise<Pruned> {
    const { delivery, attempt } = this.tables;
    const isEnded = `next_at IS NULL AND chunk_id IS NULL AND status <> 'waiting' AND updated_at < ${OLD}`;
    return this.#pruned(
      step,
      `WITH looked AS (
         SELECT ctid AS place, created_at AS at, id, ${isEnded} AS is_ended FROM ${delivery}
         WHERE created_at < ${OLD} AND (created_at, id) > ($3::timestamptz, $4::uuid) ORDER BY created_at, id LIMIT $2
       ), old AS (
         DELETE FROM ${delivery} WHERE ctid = ANY(ARRAY(
           SELECT ctid FROM ${delivery} WHERE ctid = ANY(ARRAY(SELECT place FROM looked WHERE is_ended)) AND ${isEnded}
           FOR UPDATE SKIP LOCKED)) RETURNING id
       ), attempts AS (DELETE FROM ${attempt} WHERE delivery_id = ANY(ARRAY(SELECT id FROM old)))`,
    );
  }

  /** Runs a step whose common table expressions are `looked`, the rows in the order of `at` and `id`, and `old`, the deleted ones. */
  async #pruned({ ageMs, limit, after }: PruneStep, tables: string): Promise<Pruned> {
    const [row] = await this.query<PrunedRow>(
      `${tables} SELECT (SELECT count(*)::int FROM old) AS deleted, (SELECT count(*)::int FROM looked) AS looked,
         ${instantTextSql('at')} AS at, id FROM looked ORDER BY looked.at DESC, id DESC LIMIT 1`,
      [ageMs, limit, after.at, after.id],
    );
    if (!row) return { deleted: 0, last: after, isLast: true };
    const { deleted, looked, at, id } = row;
    return { deleted, last: { at, id }, isLast: looked < limit };
  }

  /**
   * Deletes listeners that were made for single events and that no event has used since. They are marked as used once a day. Returns
   * how many.
   */
  async pruneDynamicListeners({ ageMs, limit }: PruneLimits): Promise<number> {
    const { listener, delivery } = this.tables;
    const removed = await this.query(
      `DELETE FROM ${listener} WHERE id IN (
         SELECT l.id FROM ${listener} l WHERE l.dynamic
           AND l.updated_at < now() - interval '2 days' - $1 * interval '1 millisecond'
           AND NOT EXISTS (SELECT FROM ${delivery} d WHERE d.listener_id = l.id AND ${isOpenSql('d')})
         LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING id`,
      [ageMs, limit],
    );
    return removed.length;
  }

  /** Looks at events that were planned long ago, the oldest first, and deletes those whose deliveries have all ended. */
  async pruneEvents(step: PruneStep): Promise<Pruned> {
    const { event, delivery, chunk } = this.tables;
    const isUnended = `SELECT true FROM ${delivery} d WHERE d.event_id = l.id AND d.${UNENDED} AND ${isOpenSql('d')} LIMIT 1`;
    // A chunk of one event names it hundreds of times.
    const eventIds =
      'CASE WHEN c.event_ids[1] = ALL (c.event_ids) THEN c.event_ids[1:1] ELSE c.event_ids END';
    return this.#pruned(
      step,
      `WITH looked AS (
         SELECT ctid AS place, planned_at AS at, id FROM ${event}
         WHERE planned_at < ${OLD} AND (planned_at, id) > ($3::timestamptz, $4::uuid) ORDER BY planned_at, id LIMIT $2
       ), held AS MATERIALIZED (
         SELECT unnest(${eventIds}) AS id FROM ${chunk} c
       ), old AS (
         DELETE FROM ${event} WHERE ctid = ANY(ARRAY(
           SELECT ctid FROM ${event} WHERE ctid = ANY(ARRAY(
             SELECT place FROM looked l WHERE l.id NOT IN (SELECT id FROM held) AND (${isUnended}) IS NULL))
           FOR UPDATE SKIP LOCKED)) RETURNING id
       )`,
    );
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

  /**
   * Counts the events, chunks and deliveries that this process could work on now. The deliveries are those of listeners with a due turn,
   * and of those that the oldest due deliveries belong to, so that very many due deliveries of barred listeners are not read.
   */
  async countDue(here: DueHere): Promise<DueCounts> {
    const { chunk } = this.tables;
    const [row] = await this.query<DueCounts>(
      `WITH ${dueListenersSql(this.tables)}, ${dueDeliveriesSql(this.tables)}
       SELECT ${countedSql(plannableSql(this.tables, 'id', String(COUNTED)))} AS events,
         ${countedSql(`SELECT FROM ${chunk} WHERE lease_until < now()`)} AS chunks,
         ${countedSql('SELECT FROM due')} AS deliveries`,
      [...plannableParameters(here), here.soonMs, here.barred],
    );
    return row ?? { events: 0, chunks: 0, deliveries: 0 };
  }

  /** Counts open deliveries of chunks that no process holds, up to 1,000. */
  async countUnheld(): Promise<number> {
    const { chunk, delivery } = this.tables;
    const [row] = await this.query<{ count: number }>(
      `SELECT ${countedSql(`
         SELECT FROM (${withoutRowSql(this.tables, 'c.lease_until < now()')}) w
         UNION ALL SELECT FROM ${chunk} c JOIN ${delivery} d ON d.chunk_id = c.id WHERE c.lease_until < now()`)} AS count`,
    );
    return row?.count ?? 0;
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
  async eventBacklog(): Promise<BacklogAt> {
    const { event } = this.tables;
    const isWaiting = UNPLANNED_SQL;
    const [row] = await this.query<BacklogAt>(
      `SELECT count(*)::float8 AS waiting, min(occurred_at) AS "oldestAt", clock_timestamp() AS at FROM (
         SELECT occurred_at FROM ${event} WHERE ${isWaiting} ORDER BY id LIMIT ${EXACT + 1}) counted`,
    );
    return this.#estimated(row ?? { ...NO_BACKLOG, at: new Date() }, event, isWaiting);
  }

  /**
   * Deliveries that have not ended, with or without a row of their own. `idOf` computes the id of a delivery, by which a pair of a chunk
   * is looked up: no index has both the event and the listener.
   */
  async deliveryBacklog(
    idOf: (eventId: string, listenerId: string) => string,
  ): Promise<BacklogRow> {
    const { delivery } = this.tables;
    const [row] = await this.query<BacklogRow>(openBacklogSql(this.tables));
    const stored = await this.#estimated(row ?? NO_BACKLOG, delivery, isOpenSql(delivery));
    const chunked = await this.#pairBacklog(idOf);
    const times = [stored.oldestAt, chunked.oldestAt].filter((at) => at !== null);
    const oldestAt = times.reduce<Date | null>((one, at) => (one && one < at ? one : at), null);
    return { waiting: stored.waiting + chunked.waiting, oldestAt };
  }

  /** Deliveries of chunks without a row: exact for some chunks, and as many on average for the others. */
  async #pairBacklog(idOf: (eventId: string, listenerId: string) => string): Promise<BacklogRow> {
    const { chunk, delivery } = this.tables;
    const chunks = await this.query<CountedChunkRow>(
      `SELECT ${CHUNK_COLUMNS}, c.created_at AS "createdAt", (SELECT count(*)::int FROM ${chunk}) AS chunks
       FROM ${chunk} c ORDER BY c.lease_until LIMIT ${CHUNKS}`,
    );
    const pairs = chunks.flatMap((row) => {
      const { eventIds, listenerIds } = toChunk(row);
      return eventIds.map((eventId, n) => ({
        id: idOf(eventId, listenerIds[n] ?? ''),
        createdAt: row.createdAt,
      }));
    });
    const rows = await this.query<{ id: string }>(
      `SELECT id FROM ${delivery} WHERE id = ANY($1::uuid[])`,
      [pairs.map(({ id }) => id)],
    );
    const stored = new Set(rows.map(({ id }) => id));
    const left = pairs.filter(({ id }) => !stored.has(id)).map(({ createdAt }) => createdAt);
    const share = (chunks[0]?.chunks ?? 0) / Math.max(1, chunks.length);
    const oldestMs = Math.min(...left.map((at) => at.getTime()));
    return {
      waiting: Math.round(left.length * share),
      oldestAt: left.length > 0 ? new Date(oldestMs) : null,
    };
  }

  /** Counts what is beyond an exact count by the rows on some hundred pages of the table, taken at random. */
  async #estimated<Row extends BacklogRow>(
    counted: Row,
    table: string,
    condition: string,
  ): Promise<Row> {
    if (counted.waiting <= EXACT) return counted;
    const [size] = await this.query<{ pages: number }>(
      `SELECT (pg_relation_size($1::regclass) / current_setting('block_size')::int)::float8 AS pages`,
      [table],
    );
    const percent = Math.min(100, (100 * SAMPLED_PAGES) / Math.max(1, size?.pages ?? 1));
    const [found] = await this.query<{ waiting: number }>(
      `SELECT count(*)::float8 AS waiting FROM ${table} TABLESAMPLE SYSTEM ($1) WHERE ${condition}`,
      [percent],
    );
    const waiting = Math.round(((found?.waiting ?? 0) * 100) / percent);
    return { ...counted, waiting: Math.max(counted.waiting, waiting) };
  }

  /**
   * How many deliveries a second were first tried within this time, by their status. If there were very many, only the last ones are
   * counted, and the time that they took.
   */
  async ratesWithin(
    seconds: number,
  ): Promise<readonly { readonly status: string; readonly perSecond: number }[]> {
    return this.query(
      `WITH newest AS MATERIALIZED (
         SELECT status, created_at FROM ${this.tables.delivery} WHERE created_at > now() - $1 * interval '1 second'
         ORDER BY created_at DESC, id DESC LIMIT ${EXACT}
       ), time AS (
         SELECT CASE WHEN count(*) < ${EXACT} THEN $1::float8
           ELSE greatest(1, extract(epoch FROM now() - min(created_at))) END AS seconds FROM newest
       ) SELECT status, count(*) / min(seconds)::float8 AS "perSecond" FROM newest CROSS JOIN time GROUP BY status`,
      [seconds],
    );
  }
}

/** Up to this number, what waits is counted exactly. */
const EXACT = 10_000;
/** Pages that an estimate reads. */
const SAMPLED_PAGES = 800;
/** Chunks whose deliveries are looked up. */
const CHUNKS = 8;

interface CountedChunkRow extends ChunkRow {
  readonly createdAt: Date;
  /** The number of all chunks. */
  readonly chunks: number;
}

/** Counts open deliveries by the indexes of those that claims look for, and of those that are still to be judged. Each order is that of its index. */
function openBacklogSql({ delivery }: Tables): string {
  const open = [
    `d.next_at IS NOT NULL AND d.row_id IS NULL ORDER BY d.listener_id, d.next_at`,
    `d.row_id IS NOT NULL AND d.${UNENDED} AND ${isOpenSql('d')} ORDER BY d.listener_id, d.row_id, d.sequence`,
    `d.chunk_id IS NOT NULL AND d.row_id IS NULL ORDER BY d.chunk_id`,
    `d.status = 'waiting' AND d.next_at IS NULL AND d.chunk_id IS NULL AND d.row_id IS NULL ORDER BY d.id`,
  ];
  const selects = open.map(
    (where) => `(SELECT d.created_at FROM ${delivery} d WHERE ${where} LIMIT ${EXACT + 1})`,
  );
  return `SELECT count(*)::float8 AS waiting, min(created_at) AS "oldestAt" FROM (${selects.join(' UNION ALL ')}) waiting`;
}

const NO_BACKLOG: BacklogRow = { waiting: 0, oldestAt: null };

/** Whether a delivery has not ended: it is due at some time, it is in a chunk, or a process must judge it first. */
function isOpenSql(delivery: string): string {
  return `(${delivery}.next_at IS NOT NULL OR ${delivery}.chunk_id IS NOT NULL OR ${delivery}.status = 'waiting')`;
}

/** The limit of time for rows that may be pruned; $1 is their age. */
const OLD = `now() - $1 * interval '1 millisecond'`;

/** More are not counted one by one. */
const COUNTED = 1_000;
/** Rows of an ordered listener that are looked at. */
const COUNTED_ROWS = 100;

function countedSql(select: string): string {
  return `(SELECT count(*)::float8 FROM (${select} LIMIT ${COUNTED}) counted)`;
}

/** Deliveries that become due within $4 ms count as due. */
const SOON = `(now() + $4 * interval '1 millisecond')`;

/** Listeners that may have a due delivery, but for the barred ones ($5). */
function dueListenersSql({ turn, delivery }: Tables): string {
  // The comparison in UTC is that of the index.
  return `listeners AS (
    SELECT listener_id FROM (SELECT t.listener_id FROM ${turn} t WHERE t.ready_at <= ${SOON} AND NOT (t.listener_id = ANY($5::uuid[]))
      ORDER BY t.ready_at LIMIT ${COUNTED}) t
    UNION SELECT listener_id FROM (
      SELECT d.listener_id FROM ${delivery} d WHERE d.next_at IS NOT NULL AND d.next_at AT TIME ZONE 'UTC' <= ${SOON} AT TIME ZONE 'UTC'
      ORDER BY d.next_at AT TIME ZONE 'UTC' LIMIT ${COUNTED}) d WHERE NOT (listener_id = ANY($5::uuid[]))
  )`;
}

function dueDeliveriesSql(tables: Tables): string {
  const { delivery, head } = tables;
  const isDue = `next_at <= ${SOON} AND (status = 'waiting' OR next_at <= clock_timestamp())`;
  const first = firstOfRowSql(tables, 'd.next_at, d.status', ['l.listener_id', 'r.row_id']);
  return `due AS (
    SELECT FROM listeners l CROSS JOIN LATERAL (
      SELECT true FROM ${delivery} d WHERE d.listener_id = l.listener_id AND d.row_id IS NULL AND ${isDue}
      UNION ALL
      SELECT true FROM (
        (SELECT h.row_id FROM ${head} h WHERE h.listener_id = l.listener_id AND h.ready_at <= ${SOON}
          ORDER BY h.ready_at LIMIT ${COUNTED_ROWS})
        UNION (SELECT d.row_id FROM ${delivery} d WHERE ${isHeadlessSql('l.listener_id')} AND d.next_at <= ${SOON}
          ORDER BY d.next_at LIMIT ${COUNTED_ROWS})
      ) r CROSS JOIN LATERAL (${first}) f WHERE ${isDue}) d
    LIMIT ${COUNTED}
  )`;
}
