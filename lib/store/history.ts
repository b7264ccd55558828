import type { Query } from './database';
import { OPEN_STATUSES } from './deliveries';
import { groupParameters, groupsFromSql, IN_GROUP } from './delivery-groups';
import { type HistoryOf, oldestOpenSql } from './oldest-open';
import type { Tables } from './tables';

/** Times in milliseconds since the epoch. */
export interface HistoryWindow {
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly bucketMs: number;
  readonly buckets: number;
}

/** Which rows of a window are read: the newest ones of slices of equal length. */
export interface Sampling {
  readonly slices: number;
  /** Rows of each slice, and of each group in it. */
  readonly each: number;
}

export interface EventBucketRow {
  /** The number of the bucket, from 0. */
  readonly n: number;
  readonly events: number;
}

export interface BucketRow extends EventBucketRow {
  readonly done: number;
  readonly failed: number;
  readonly skipped: number;
  readonly open: number;
}

export interface DeliveryHistoryRow {
  /** Those with a delivery. */
  readonly buckets: readonly BucketRow[];
  /** Of the last attempts, in milliseconds. */
  readonly p50: number | null;
  readonly p99: number | null;
}

/**
 * Statements that count events and deliveries over time, for charts. If a slice has more rows than are read, each row of it counts for
 * several: as many as the slice would have if all were as close to each other as the rows that are read.
 */
export class HistoryRows {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}

  /** Deliveries by the time of their creation, and their events: those that have a delivery in the bucket. */
  async deliveries(
    window: HistoryWindow,
    of: HistoryOf,
    sampling: Sampling,
  ): Promise<DeliveryHistoryRow> {
    const { from, at, owned, parameters } = deliveriesSql(this.tables, of);
    const rows = `SELECT d.event_id, d.listener_id, d.status, d.duration_ms, d.created_at AS at ${from} ORDER BY ${at} DESC, d.id DESC`;
    const oldest = `SELECT d.created_at FROM ${this.tables.delivery} d ORDER BY d.created_at, d.id LIMIT 1`;
    const [row] = await this.query<DeliveryHistoryRow>(
      `WITH ${slicesSql(oldest, sampling)}, looked AS MATERIALIZED (${lookedSql(rows, sampling, groupsOf(of))}),
       own AS MATERIALIZED (SELECT d.*, ${BUCKET} AS n FROM looked d ${owned}),
       durations AS (
         SELECT duration_ms, sum(sum(weight)) OVER (ORDER BY duration_ms) AS upto, sum(sum(weight)) OVER () AS total
         FROM own WHERE duration_ms IS NOT NULL GROUP BY duration_ms
       ), counted AS (
         SELECT n, count(DISTINCT event_id) * sum(weight) / count(*) AS events, ${countSql('done')}, ${countSql('failed')},
           ${countSql('skipped')}, ${countSql('open', OPEN_STATUSES)} FROM own GROUP BY n
       ) SELECT (SELECT coalesce(json_agg(c), '[]') FROM counted c) AS buckets,
         (SELECT min(duration_ms) FROM durations WHERE upto >= total * 0.5) AS p50,
         (SELECT min(duration_ms) FROM durations WHERE upto >= total * 0.99) AS p99`,
      [...windowParameters(window), ...parameters],
    );
    return row ?? { buckets: [], p50: null, p99: null };
  }

  /** Whether more deliveries than so many would be read. Those of an owner are looked for among those of all. */
  async hasMoreDeliveries(window: HistoryWindow, of: HistoryOf, most: number): Promise<boolean> {
    const { from, parameters } = deliveriesSql(
      this.tables,
      of.kind === 'owner' ? { kind: 'all' } : of,
    );
    return this.#hasMore(
      `${groupsOf(of)} CROSS JOIN LATERAL (SELECT ${from} LIMIT ${most + 1}) d`,
      most,
      [...windowParameters(window), ...parameters],
    );
  }

  /** Events by the time in their ids. */
  events(window: HistoryWindow, sampling: Sampling): Promise<readonly EventBucketRow[]> {
    const { event } = this.tables;
    const rows = `SELECT ${timeOfIdSql('e.id')} AS at ${eventsSql(this.tables)} ORDER BY e.id DESC`;
    const oldest = `SELECT ${timeOfIdSql('e.id')} FROM ${event} e ORDER BY e.id LIMIT 1`;
    return this.query<EventBucketRow>(
      `WITH ${slicesSql(oldest, sampling)}
       SELECT ${BUCKET} AS n, sum(weight)::float8 AS events FROM (${lookedSql(rows, sampling)}) d GROUP BY 1`,
      windowParameters(window),
    );
  }

  /** Whether there are more events than so many. */
  async hasMoreEvents(window: HistoryWindow, most: number): Promise<boolean> {
    const from = `CROSS JOIN LATERAL (SELECT ${eventsSql(this.tables)} LIMIT ${most + 1}) e`;
    return this.#hasMore(from, most, windowParameters(window));
  }

  async #hasMore(from: string, most: number, parameters: readonly unknown[]): Promise<boolean> {
    const [row] = await this.query<{ more: boolean }>(
      `SELECT count(*) > ${most} AS more FROM (SELECT FROM (
         SELECT ${timeSql('$1')} AS since, ${timeSql('$2')} AS until WHERE $3::float8 > 0 AND $4::int > 0) s ${from} LIMIT ${most + 1}) d`,
      parameters,
    );
    return row?.more ?? false;
  }

  /**
   * When the oldest delivery was created that has not ended; null if all have. Deliveries of chunks without a row of their own count
   * for all only. For an owner, the oldest 1,000 of each event name and status are looked at.
   */
  async oldestOpenAt(of: HistoryOf): Promise<Date | null> {
    const { sql, parameters } = oldestOpenSql(this.tables, of);
    const [row] = await this.query<{ at: Date | null }>(sql, parameters);
    return row?.at ?? null;
  }
}

/** $1 to $4. */
function windowParameters({ sinceMs, untilMs, bucketMs, buckets }: HistoryWindow) {
  return [sinceMs, untilMs, bucketMs, buckets] as const;
}

const timeSql = (ms: string) => `to_timestamp(${ms}::float8 / 1000)`;

/** The bucket of a row `d`. */
const BUCKET = `least($4::int - 1, floor(extract(epoch FROM d.at - ${timeSql('$1')}) * 1000 / $3::float8))::int`;

/**
 * The slices. They begin with the oldest row, because most of a long time can be empty. Their edges are shifted by multiples of the golden
 * ratio: equal slices would always begin in the same second of a load that repeats itself.
 */
function slicesSql(oldest: string, { slices }: Sampling): string {
  const shift = `CASE WHEN n IN (0, ${slices}) THEN 0 ELSE n * 0.618034 - floor(n * 0.618034) - 0.5 END`;
  return `span AS MATERIALIZED (SELECT greatest(${timeSql('$1')}, (${oldest})) AS since, ${timeSql('$2')} AS until),
    edges AS (
      SELECT n, since + (until - since) * ((n + ${shift}) / ${slices})::float8 AS at FROM span, generate_series(0, ${slices}) n
    ), pairs AS (SELECT at AS since, lead(at) OVER (ORDER BY n) AS until FROM edges),
    slices AS MATERIALIZED (
      SELECT since, until, extract(epoch FROM until - since)::float8 AS seconds FROM pairs WHERE until IS NOT NULL)`;
}

/** The rows that are read, with their weights. `rows` selects those of a slice `s`, the newest first. */
function lookedSql(rows: string, { each }: Sampling, groups = ''): string {
  const density = `${(each - 1) / each} / greatest(extract(epoch FROM s.until - min(d.at) OVER ())::float8, 0.000001)`;
  return `SELECT d.* FROM slices s ${groups} CROSS JOIN LATERAL (
    SELECT d.*, CASE WHEN count(*) OVER () < ${each} THEN 1 ELSE greatest(1, s.seconds * ${density}) END::float8 AS weight
    FROM (${rows} LIMIT ${each}) d) d`;
}

interface DeliveriesSql {
  /** Deliveries `d` of a slice `s`, and of a group `g`. */
  readonly from: string;
  /** The time in the index that has their order. */
  readonly at: string;
  /** Joins what a delivery `d` that was read must have. */
  readonly owned: string;
  /** From $5 on. */
  readonly parameters: readonly unknown[];
}

function deliveriesSql({ delivery, listener }: Tables, of: HistoryOf): DeliveriesSql {
  const inIndex = (time: string) => (of.kind === 'groups' ? `(${time} AT TIME ZONE 'UTC')` : time);
  const at = inIndex('d.created_at');
  const from = `FROM ${delivery} d WHERE ${at} >= ${inIndex('s.since')} AND ${at} < ${inIndex('s.until')}`;
  switch (of.kind) {
    case 'all':
      return { from, at, owned: '', parameters: [] };
    case 'owner': {
      const owned = `JOIN ${listener} l ON l.id = d.listener_id AND l.owner = $5`;
      return { from, at, owned, parameters: [of.owner] };
    }
    case 'groups': {
      return {
        from: `${from} AND ${IN_GROUP}`,
        at,
        owned: '',
        parameters: groupParameters(of.groups),
      };
    }
  }
}

/** Joins the groups `g`. */
function groupsOf({ kind }: HistoryOf): string {
  if (kind !== 'groups') return '';
  return `CROSS JOIN ${groupsFromSql(5)}`;
}

function eventsSql({ event }: Tables): string {
  return `FROM ${event} e WHERE e.id >= ${idAtSql('s.since')} AND e.id < ${idAtSql('s.until')}`;
}

/** How many deliveries have one of these statuses. */
function countSql(name: string, statuses: readonly string[] = [name]): string {
  const listed = statuses.map((status) => `'${status}'`).join(', ');
  return `coalesce(sum(weight) FILTER (WHERE status IN (${listed})), 0) AS ${name}`;
}

/** The time in an id, which begins with the milliseconds (UUID version 7). */
function timeOfIdSql(id: string): string {
  return timeSql(`('x' || left(replace(${id}::text, '-', ''), 12))::bit(48)::bigint`);
}

/** The first id of a time. */
function idAtSql(time: string): string {
  const ms = `ceil(extract(epoch FROM ${time}) * 1000)::bigint`;
  return `rpad(lpad(to_hex(greatest(0, ${ms})), 12, '0'), 32, '0')::uuid`;
}
