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

/** Which rows of a window are read: those of a part of each slice. The slices are of equal length. */
export interface Sampling {
  readonly slices: number;
  /** How much of each slice is read, up to 1. Each row counts for the others of its slice. */
  readonly share: number;
  /** Rows that are read of each slice, and of each group in it. If there are more, each one counts for them, too. */
  readonly most: number;
}

/** Up to this number, rows are counted one by one. */
export const EXACT = 10_000;
/** Rows of a slice that an estimate reads. */
const PILOT = 10;

/** What is read of a time. Deliveries of an owner are looked for among those of all. */
export type Looked = HistoryOf | { readonly kind: 'events' };

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

/** Statements that count events and deliveries over time, for charts. */
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
    const { rows, oldest, groups, owned, parameters } = deliveriesSql(this.tables, of);
    const [row] = await this.query<DeliveryHistoryRow>(
      `WITH ${slicesSql(oldest, sampling)}, looked AS MATERIALIZED (${lookedSql(rows, sampling, groups)}),
       own AS MATERIALIZED (SELECT d.*, ${bucketSql(window)} AS n FROM looked d ${owned}),
       durations AS (
         SELECT duration_ms, sum(sum(weight)) OVER (ORDER BY duration_ms) AS upto, sum(sum(weight)) OVER () AS total
         FROM own WHERE duration_ms IS NOT NULL GROUP BY duration_ms
       ), counted AS (
         SELECT n, count(DISTINCT event_id) * sum(weight) / count(*) AS events, ${countSql('done')}, ${countSql('failed')},
           ${countSql('skipped')}, ${countSql('open', OPEN_STATUSES)} FROM own GROUP BY n
       ) SELECT (SELECT coalesce(json_agg(c), '[]') FROM counted c) AS buckets,
         (SELECT min(duration_ms) FROM durations WHERE upto >= total * 0.5) AS p50,
         (SELECT min(duration_ms) FROM durations WHERE upto >= total * 0.99) AS p99`,
      [...timesOf(window), ...parameters],
    );
    return row ?? { buckets: [], p50: null, p99: null };
  }

  /** Events by the time in their ids. */
  events(window: HistoryWindow, sampling: Sampling): Promise<readonly EventBucketRow[]> {
    const { rows, oldest } = eventsSql(this.tables);
    return this.query<EventBucketRow>(
      `WITH ${slicesSql(oldest, sampling)}
       SELECT ${bucketSql(window)} AS n, sum(weight)::float8 AS events FROM (${lookedSql(rows, sampling)}) d GROUP BY 1`,
      timesOf(window),
    );
  }

  /** Whether more rows than `EXACT` are to be read. */
  async hasMore(window: HistoryWindow, of: Looked): Promise<boolean> {
    const { rows, groups, parameters } = rowsSql(this.tables, of);
    const [row] = await this.query<{ more: boolean }>(
      `SELECT count(*) > ${EXACT} AS more FROM (SELECT FROM (SELECT ${timeSql('$1')} AS since, ${timeSql('$2')} AS until) s ${groups}
         CROSS JOIN LATERAL (${rows} LIMIT ${EXACT + 1}) d LIMIT ${EXACT + 1}) d`,
      [...timesOf(window), ...parameters],
    );
    return row?.more ?? false;
  }

  /** About how many rows are to be read, by the distances of the newest rows of each slice. */
  async estimate(window: HistoryWindow, of: Looked, slices: number): Promise<number> {
    const { rows, oldest, groups, parameters } = rowsSql(this.tables, of);
    const ofSlice = `SELECT count(*) AS rows, min(at) AS first FROM (${rows} LIMIT ${PILOT}) d`;
    const inAll = `${PILOT - 1} * s.seconds / greatest(extract(epoch FROM s.until - c.first)::float8, 0.000001)`;
    const [row] = await this.query<{ rows: number | null }>(
      `WITH ${slicesSql(oldest, { slices, share: 1 })}
       SELECT sum(CASE WHEN c.rows < ${PILOT} THEN c.rows ELSE ${inAll} END)::float8 AS rows
       FROM slices s ${groups} CROSS JOIN LATERAL (${ofSlice}) c`,
      [...timesOf(window), ...parameters],
    );
    return Math.max(EXACT, row?.rows ?? 0);
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

/** $1 and $2. */
function timesOf({ sinceMs, untilMs }: HistoryWindow): readonly unknown[] {
  return [sinceMs, untilMs];
}

const timeSql = (ms: string) => `to_timestamp(${ms}::float8 / 1000)`;

/** The bucket of a row `d`. */
function bucketSql({ bucketMs, buckets }: HistoryWindow): string {
  return `least(${buckets - 1}, floor(extract(epoch FROM d.at - ${timeSql('$1')}) * 1000 / ${bucketMs}))::int`;
}

/**
 * The parts of the slices that are read. The slices begin with the oldest row, because most of a long time can be empty. The places of the
 * parts are multiples of the golden ratio: with equal places, a load that repeats itself would always be read in the same phase.
 */
function slicesSql(oldest: string, { slices, share }: Omit<Sampling, 'most'>): string {
  const place = `${1 - share} * (n * 0.618034 - floor(n * 0.618034))`;
  return `span AS MATERIALIZED (SELECT greatest(${timeSql('$1')}, (${oldest})) AS since, ${timeSql('$2')} AS until),
    lengths AS (SELECT since, (until - since) / ${slices} AS length FROM span),
    starts AS (SELECT since + length * (n + ${place})::float8 AS since, length * ${share} AS length FROM lengths, generate_series(0, ${slices - 1}) n),
    slices AS MATERIALIZED (SELECT since, since + length AS until, extract(epoch FROM length)::float8 AS seconds FROM starts)`;
}

/** The rows that are read, with their weights. `rows` selects those of a slice `s`, the newest first. */
function lookedSql(rows: string, { share, most }: Sampling, groups = ''): string {
  const density = `${(most - 1) / most} / greatest(extract(epoch FROM s.until - min(d.at) OVER ())::float8, 0.000001)`;
  return `SELECT d.* FROM slices s ${groups} CROSS JOIN LATERAL (
    SELECT d.*, (CASE WHEN count(*) OVER () < ${most} THEN 1 ELSE greatest(1, s.seconds * ${density}) END / ${share})::float8 AS weight
    FROM (${rows} LIMIT ${most}) d) d`;
}

interface RowsSql {
  /** Selects the rows of a slice `s`, and of a group `g`, the newest first. */
  readonly rows: string;
  /** Selects the time of the oldest row of all. */
  readonly oldest: string;
  /** Joins the groups. */
  readonly groups: string;
  /** Joins what a delivery `d` that was read must have. */
  readonly owned: string;
  /** From $3 on. */
  readonly parameters: readonly unknown[];
}

function rowsSql(tables: Tables, of: Looked): RowsSql {
  switch (of.kind) {
    case 'events':
      return eventsSql(tables);
    case 'owner':
      return deliveriesSql(tables, { kind: 'all' });
    case 'all':
    case 'groups':
      return deliveriesSql(tables, of);
  }
}

function deliveriesSql({ delivery, listener }: Tables, of: HistoryOf): RowsSql {
  const oldest = `SELECT d.created_at FROM ${delivery} d ORDER BY d.created_at, d.id LIMIT 1`;
  const inIndex = (time: string) => (of.kind === 'groups' ? `(${time} AT TIME ZONE 'UTC')` : time);
  const at = inIndex('d.created_at');
  const rows = (fits = '') =>
    `SELECT d.event_id, d.listener_id, d.status, d.duration_ms, d.created_at AS at FROM ${delivery} d
     WHERE ${at} >= ${inIndex('s.since')} AND ${at} < ${inIndex('s.until')} ${fits} ORDER BY ${at} DESC, d.id DESC`;
  const all = { rows: rows(), oldest, groups: '', owned: '', parameters: [] };
  switch (of.kind) {
    case 'all':
      return all;
    case 'owner': {
      const owned = `JOIN ${listener} l ON l.id = d.listener_id AND l.owner = $3`;
      return { ...all, owned, parameters: [of.owner] };
    }
    case 'groups': {
      const groups = `CROSS JOIN ${groupsFromSql(3)}`;
      return {
        ...all,
        rows: rows(`AND ${IN_GROUP}`),
        groups,
        parameters: groupParameters(of.groups),
      };
    }
  }
}

function eventsSql({ event }: Tables): RowsSql {
  const at = timeOfIdSql('e.id');
  const rows = `SELECT ${at} AS at FROM ${event} e WHERE e.id >= ${idAtSql('s.since')} AND e.id < ${idAtSql('s.until')} ORDER BY e.id DESC`;
  const oldest = `SELECT ${at} FROM ${event} e ORDER BY e.id LIMIT 1`;
  return { rows, oldest, groups: '', owned: '', parameters: [] };
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
