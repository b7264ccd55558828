import { closedTurnsSql, gatesSql, shortSql } from './batch-sql';
import { CHUNK_COLUMNS } from './chunks';
import type { Tables } from './tables';

/** Turns taken by one claim: their listeners share the chunk equally. */
const TURNS = 64;
/** Further turns of one listener that are taken with its first one. */
const REPEATS = 100;
/** A head behind an unplanned event is looked at again after the age of that event, within these limits. */
const UNPLANNED_MS = 250;
const UNPLANNED_AT_MOST_MS = 10_000;
/** A rate-limited listener gets its deliveries of one second in this number of parts. */
const PARTS = 10;

/** The condition of the partial index on deliveries of ordered listeners. */
export const UNENDED = `status IN ('waiting', 'retrying', 'rescheduled')`;

/**
 * Makes a chunk ($1) of at most $6 deliveries whose turn has come, for a process ($2) under a lease ($3, ms).
 *
 * - Listeners take turns, so that a listener with very many due deliveries delays another one by a chunk at most.
 * - A restrained listener ($4) gets at most its quantum ($5); with a quantum of 0, nothing.
 * - A rate-limited listener gets what its rate allows now.
 * - An ordered listener gets, for each row, only the first delivery that has not ended, once all earlier events of the row are planned.
 * - A batching listener gets whole batches, or what has waited long enough; see `gatesSql`. With them, a chunk can hold more than $6.
 *
 * A turn is added or taken, never changed. It is stored in the transaction that makes a delivery due, so a claim that sees the turn also
 * sees the delivery. If a listener has more than was claimed, it gets a new turn.
 *
 * The first deliveries of rows are not searched among all that wait: a head names a row whose first delivery may be due. It is added or
 * taken like a turn, so a claim reads about as many rows as it claims.
 */
export function dueSql(tables: Tables): string {
  return `WITH ${turnsSql(tables)},
  ${sharesSql(tables)},
  ${plainSql(tables)},
  ${headsSql(tables)},
  ${shortSql()},
  ${claimedSql(tables)},
  ${newHeadsSql(tables)},
  ${newTurnsSql(tables)},
  made AS (
    INSERT INTO ${tables.chunk} AS c (id, process_id, token, lease_until, event_ids, listener_ids)
    SELECT $1::uuid, $2::uuid, 1, clock_timestamp() + $3 * interval '1 millisecond', array_agg(event_id), array_agg(listener_id)
    FROM claimed WHERE chunk_id = $1 HAVING count(*) > 0 RETURNING ${CHUNK_COLUMNS}
  ) SELECT (SELECT count(*)::int FROM first) AS turns, made.* FROM (SELECT) one LEFT JOIN made ON true`;
}

/** A subquery of these columns: of the open deliveries of a listener about a row, the first one. */
export function firstOfRowSql(
  { delivery }: Tables,
  columns: string,
  [listener, row]: readonly [listener: string, row: string],
): string {
  return `SELECT ${columns} FROM ${delivery} d WHERE d.listener_id = ${listener} AND d.row_id = ${row} AND d.${UNENDED}
    ORDER BY d.listener_id, d.row_id, d.sequence LIMIT 1`;
}

/** Takes the oldest turns; `listeners` are those that they belong to. */
function turnsSql({ turn }: Tables): string {
  return `restrained AS (
    SELECT * FROM unnest($4::uuid[], $5::int[]) AS r(listener_id, quantum)
  ), first AS (
    SELECT id, listener_id, ready_at FROM ${turn}
    WHERE ready_at <= now() AND listener_id NOT IN (SELECT listener_id FROM restrained WHERE quantum = 0)
    ORDER BY ready_at LIMIT ${TURNS} FOR UPDATE SKIP LOCKED
  ), listeners AS (
    SELECT listener_id, min(ready_at) AS since FROM first GROUP BY listener_id
  ), repeats AS (
    SELECT t.id FROM listeners l CROSS JOIN LATERAL (
      SELECT t.id FROM ${turn} t WHERE t.listener_id = l.listener_id AND t.ready_at <= now()
      ORDER BY t.ready_at LIMIT ${REPEATS} FOR UPDATE SKIP LOCKED) t
  ), taken AS (
    DELETE FROM ${turn} WHERE id = ANY(ARRAY(SELECT id FROM first UNION ALL SELECT id FROM repeats))
  )`;
}

/** How many deliveries each listener may have now. `allowed` holds those that may have any, and when they may have more. */
function sharesSql(tables: Tables): string {
  const { listener, pace } = tables;
  return `offers AS (
    SELECT listener_id, since, l.max_per_second AS rate, r.quantum AS restraint, ($6::int / count(*) OVER ())::int AS share,
      CASE WHEN l.batch IS NOT NULL THEN least((l.batch->>'maxEvents')::int,
        CASE WHEN l.max_per_second IS NOT NULL THEN greatest(1, floor(l.max_per_second))::int END) END AS size,
      (l.batch->>'maxWaitMs')::float8 * interval '1 millisecond' AS wait,
      least($6::int / count(*) OVER (), coalesce(r.quantum, $6::int),
        CASE WHEN l.max_per_second IS NOT NULL THEN greatest(1, floor(l.max_per_second / ${PARTS})) END)::int AS quantum
    FROM listeners LEFT JOIN ${listener} l ON l.id = listener_id LEFT JOIN restrained r USING (listener_id)
  ), ${gatesSql(tables, (columns, of) => firstOfRowSql(tables, columns, of))},
  shares AS (
    SELECT o.listener_id, o.rate, coalesce(g.quantum, o.quantum) AS quantum
    FROM offers o LEFT JOIN gates g USING (listener_id) WHERE g.quantum IS DISTINCT FROM 0
  ), paced AS (
    INSERT INTO ${pace} AS p (listener_id, free_at)
    SELECT listener_id, now() + quantum / rate * interval '1 second' FROM shares WHERE rate IS NOT NULL ORDER BY listener_id
    ON CONFLICT (listener_id) DO UPDATE SET free_at = excluded.free_at WHERE p.free_at <= now()
    RETURNING listener_id, free_at
  ), allowed AS (
    SELECT s.listener_id, s.quantum, coalesce(o.free_at, now()) AS free_at
    FROM shares s LEFT JOIN paced o USING (listener_id) WHERE s.rate IS NULL OR o.listener_id IS NOT NULL
  )`;
}

/**
 * Due deliveries without an order (`plain`). If the listener has ordered ones too, half of its share; of a share of one, at random. They
 * are looked up by listener: the plan that PostgreSQL prefers reads those of others too.
 */
function plainSql({ delivery, head }: Tables): string {
  return `halved AS MATERIALIZED (
    SELECT a.listener_id, a.quantum, CASE WHEN
      (SELECT h.ready_at FROM ${head} h WHERE h.listener_id = a.listener_id ORDER BY h.ready_at LIMIT 1) <= now()
      OR (SELECT d.next_at FROM ${delivery} d WHERE ${isHeadlessSql('a.listener_id')} ORDER BY d.next_at LIMIT 1) <= now()
      THEN ceil(a.quantum / 2.0 - random())::int ELSE a.quantum END AS most FROM allowed a
  ), plain AS (
    SELECT d.id, h.listener_id FROM halved h CROSS JOIN LATERAL (
      SELECT d.id FROM ${delivery} d WHERE d.listener_id = h.listener_id AND d.next_at <= now() AND d.row_id IS NULL
      ORDER BY d.next_at LIMIT h.most FOR UPDATE SKIP LOCKED) d
  ), rest AS MATERIALIZED (
    SELECT h.listener_id, h.quantum - (SELECT count(*) FROM plain p WHERE p.listener_id = h.listener_id) AS most FROM halved h
  )`;
}

/** Whether a delivery `d` of this listener may be due and was stored without a head. */
export function isHeadlessSql(listener: string): string {
  return `d.listener_id = ${listener} AND d.row_id IS NOT NULL AND d.next_at IS NOT NULL AND NOT d.headed`;
}

/**
 * Takes heads, and deliveries that were stored without one (`headless`): by an earlier release, or by hand. `firsts` holds the first
 * delivery about each of their rows (none: `id` is null), and since when an earlier event of the row is unplanned.
 *
 * The place of a taken head in its table cannot change: it is locked, and heads are never updated.
 */
function headsSql(tables: Tables): string {
  const { head, delivery, event } = tables;
  return `headless AS (
    SELECT d.id, r.listener_id, d.row_id FROM rest r CROSS JOIN LATERAL (
      SELECT d.id, d.row_id FROM ${delivery} d WHERE ${isHeadlessSql('r.listener_id')} AND d.next_at <= now()
      ORDER BY d.next_at LIMIT r.most FOR UPDATE SKIP LOCKED) d
  ), heads AS (
    SELECT h.place, r.listener_id, h.row_id FROM (
      SELECT r.listener_id, r.most - (SELECT count(*) FROM headless d WHERE d.listener_id = r.listener_id) AS most FROM rest r
    ) r CROSS JOIN LATERAL (
      SELECT h.ctid AS place, h.row_id FROM ${head} h WHERE h.listener_id = r.listener_id AND h.ready_at <= now()
      ORDER BY h.ready_at LIMIT r.most FOR UPDATE SKIP LOCKED) h
  ), used AS (
    DELETE FROM ${head} WHERE ctid = ANY(ARRAY(SELECT place FROM heads))
  ), firsts AS (
    SELECT p.listener_id, p.row_id, d.id, d.next_at, e.occurred_at AS unplanned_at
    FROM (SELECT listener_id, row_id FROM heads UNION SELECT listener_id, row_id FROM headless) p
    LEFT JOIN LATERAL (${firstOfRowSql(tables, 'd.id, d.sequence, d.next_at', ['p.listener_id', 'p.row_id'])}) d ON true
    LEFT JOIN LATERAL (
      SELECT e.occurred_at FROM ${event} e WHERE e.planned_at IS NULL AND e.row_id = p.row_id
        AND e.sequence < coalesce(d.sequence, ${MAX_SEQUENCE}) ORDER BY e.row_id, e.sequence LIMIT 1) e ON true
  ), ready AS (
    SELECT d.id, f.listener_id FROM firsts f CROSS JOIN LATERAL (
      SELECT d.id FROM ${delivery} d WHERE d.id = f.id AND d.next_at <= now() FOR UPDATE SKIP LOCKED) d
    WHERE f.next_at <= now() AND f.unplanned_at IS NULL
  )`;
}

const MAX_SEQUENCE = '9223372036854775807';

/** One update, because a statement cannot update a row twice: of those that are claimed, and of those that get a head. */
function claimedSql({ delivery }: Tables): string {
  return `found AS (
    SELECT id FROM plain WHERE listener_id NOT IN (SELECT listener_id FROM short) UNION ALL SELECT id FROM ready
  ), claimed AS (
    UPDATE ${delivery} d SET headed = d.row_id IS NOT NULL,
      chunk_id = CASE WHEN d.id IN (SELECT id FROM found) THEN $1 ELSE d.chunk_id END,
      next_at = CASE WHEN d.id IN (SELECT id FROM found) THEN NULL ELSE d.next_at END
    WHERE d.id = ANY(ARRAY(SELECT id FROM found UNION SELECT id FROM headless))
    RETURNING d.event_id, d.listener_id, d.chunk_id
  )`;
}

/**
 * Gives a row a new head if its first delivery is due later, or could not be claimed yet. If the first delivery is being sent, its end
 * adds a head. If there is none, an unplanned event may become the next one: the process that plans it may still see the delivery that
 * has just ended, and so add no head.
 */
function newHeadsSql({ head }: Tables): string {
  const ms = (count: number) => `${count} * interval '1 millisecond'`;
  return `kept AS (
    INSERT INTO ${head} (listener_id, row_id, ready_at)
    SELECT listener_id, row_id, at FROM (SELECT f.listener_id, f.row_id, CASE
      WHEN f.id IS NOT NULL AND f.next_at IS NULL THEN NULL
      WHEN f.next_at > now() THEN f.next_at
      WHEN f.unplanned_at IS NOT NULL
        THEN now() + least(greatest(now() - f.unplanned_at, ${ms(UNPLANNED_MS)}), ${ms(UNPLANNED_AT_MOST_MS)})
      WHEN f.id IS NOT NULL AND f.id NOT IN (SELECT id FROM ready) THEN now() + ${ms(UNPLANNED_MS)}
      END AS at FROM firsts f) later WHERE at IS NOT NULL
    RETURNING listener_id, ready_at
  )`;
}

/**
 * Gives a listener a new turn: now if more may be due, otherwise when its next delivery is due. A delivery behind another one of its row
 * needs none, because the end of that one adds a turn.
 */
function newTurnsSql(tables: Tables): string {
  const { turn, delivery, head, pace } = tables;
  const taken = (from: string) =>
    `(SELECT count(*) FROM ${from} t WHERE t.listener_id = a.listener_id)`;
  return `again AS (
    INSERT INTO ${turn} (listener_id, ready_at)
    SELECT listener_id, greatest(free_at, at) FROM (SELECT a.listener_id, a.free_at, CASE
      WHEN ${taken('plain')} >= h.most OR ${taken('heads')} + ${taken('headless')} >= r.most THEN now()
      ELSE least(
        (SELECT min(d.next_at) FROM ${delivery} d WHERE d.listener_id = a.listener_id AND d.next_at > now() AND d.row_id IS NULL),
        (SELECT min(d.next_at) FROM ${delivery} d WHERE ${isHeadlessSql('a.listener_id')} AND d.next_at > now()),
        (SELECT min(h.ready_at) FROM ${head} h WHERE h.listener_id = a.listener_id AND h.ready_at > now()),
        (SELECT min(k.ready_at) FROM kept k WHERE k.listener_id = a.listener_id)
        ) END AS at
    FROM allowed a JOIN halved h USING (listener_id) JOIN rest r USING (listener_id)) next WHERE at IS NOT NULL
    UNION ALL
    SELECT s.listener_id, p.free_at FROM shares s JOIN ${pace} p USING (listener_id)
    WHERE s.rate IS NOT NULL AND NOT EXISTS (SELECT FROM allowed a WHERE a.listener_id = s.listener_id)
    UNION ALL
    ${closedTurnsSql(tables)}
  )`;
}
