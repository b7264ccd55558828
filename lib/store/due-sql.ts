import { CHUNK_COLUMNS } from './chunks';
import type { Tables } from './tables';

/** Turns taken by one claim: their listeners share the chunk equally. */
const TURNS = 64;
/** Further turns of one listener that are taken with its first one. */
const REPEATS = 100;
/** A delivery behind an event that is being planned is looked at again after this time. */
const UNPLANNED_MS = 250;
/** A rate-limited listener gets its deliveries of one second in this number of parts. */
const PARTS = 10;

const UNENDED = `status IN ('waiting', 'retrying', 'rescheduled')`;

/**
 * Makes a chunk ($1) of at most $6 deliveries whose turn has come, for a process ($2) under a lease ($3, ms).
 *
 * - Listeners take turns, so that a listener with very many due deliveries delays another one by a chunk at most.
 * - A restrained listener ($4) gets at most its quantum ($5); with a quantum of 0, nothing.
 * - A rate-limited listener gets what its rate allows now.
 * - An ordered listener gets, for each row, only the first delivery that has not ended, once all earlier events of the row are planned.
 *
 * A turn is added or taken, never changed. It is stored in the transaction that makes a delivery due, so a claim that sees the turn also
 * sees the delivery. If a listener has more than was claimed, it gets a new turn.
 */
export function dueSql(tables: Tables): string {
  return `WITH ${turnsSql(tables)},
  ${sharesSql(tables)},
  ${headsSql(tables)},
  ${claimedSql(tables)},
  ${newTurnsSql(tables)},
  made AS (
    INSERT INTO ${tables.chunk} AS c (id, process_id, token, lease_until, event_ids, listener_ids)
    SELECT $1::uuid, $2::uuid, 1, clock_timestamp() + $3 * interval '1 millisecond', array_agg(event_id), array_agg(listener_id)
    FROM claimed HAVING count(*) > 0 RETURNING ${CHUNK_COLUMNS}
  ) SELECT (SELECT count(*)::int FROM first) AS turns, made.* FROM (SELECT) one LEFT JOIN made ON true`;
}

/** Whether an earlier delivery about the same row has not ended, for a delivery `d` of an ordered listener. */
export function hasEarlierSql({ delivery }: Tables): string {
  return `EXISTS (SELECT FROM ${delivery} e WHERE e.listener_id = d.listener_id AND e.row_id = d.row_id
    AND e.sequence < d.sequence AND e.${UNENDED})`;
}

/** Takes the oldest turns; `listeners` are those that they belong to. */
function turnsSql({ turn }: Tables): string {
  return `restrained AS (
    SELECT * FROM unnest($4::uuid[], $5::int[]) AS r(listener_id, quantum)
  ), first AS (
    SELECT id, listener_id FROM ${turn}
    WHERE ready_at <= now() AND listener_id NOT IN (SELECT listener_id FROM restrained WHERE quantum = 0)
    ORDER BY ready_at LIMIT ${TURNS} FOR UPDATE SKIP LOCKED
  ), listeners AS (
    SELECT DISTINCT listener_id FROM first
  ), repeats AS (
    SELECT t.id FROM listeners l CROSS JOIN LATERAL (
      SELECT t.id FROM ${turn} t WHERE t.listener_id = l.listener_id AND t.ready_at <= now()
      ORDER BY t.ready_at LIMIT ${REPEATS} FOR UPDATE SKIP LOCKED) t
  ), taken AS (
    DELETE FROM ${turn} WHERE id = ANY(ARRAY(SELECT id FROM first UNION ALL SELECT id FROM repeats))
  )`;
}

/** How many deliveries each listener may have now. `allowed` holds those that may have any, and when they may have more. */
function sharesSql({ listener, pace }: Tables): string {
  return `shares AS (
    SELECT listener_id, l.max_per_second AS rate,
      least($6::int / count(*) OVER (), coalesce(r.quantum, $6::int),
        CASE WHEN l.max_per_second IS NOT NULL THEN greatest(1, floor(l.max_per_second / ${PARTS})) END)::int AS quantum
    FROM listeners LEFT JOIN ${listener} l ON l.id = listener_id LEFT JOIN restrained r USING (listener_id)
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

/** The first delivery about each row that has not ended. `ready` holds those that are due, and whether an earlier event is unplanned. */
function headsSql({ delivery, event }: Tables): string {
  return `heads AS (
    SELECT a.listener_id, a.quantum, h.*, row_number() OVER (
      PARTITION BY a.listener_id ORDER BY h.next_at > now() NULLS LAST, h.sequence NULLS FIRST) AS place
    FROM allowed a CROSS JOIN LATERAL (
      SELECT DISTINCT ON (d.row_id) d.id, d.row_id, d.sequence, d.next_at FROM ${delivery} d
      WHERE d.listener_id = a.listener_id AND d.row_id IS NOT NULL AND d.${UNENDED}
      ORDER BY d.row_id, d.sequence NULLS FIRST OFFSET 0) h
  ), ready AS (
    SELECT h.listener_id, h.id, EXISTS (
      SELECT FROM ${event} e WHERE e.planned_at IS NULL AND e.row_id = h.row_id AND e.sequence < h.sequence) AS is_early
    FROM heads h WHERE h.next_at <= now() AND h.place <= h.quantum
  )`;
}

/** Looks each row up by its listener or its id. The plan that PostgreSQL prefers reads the due deliveries of other listeners too. */
function claimedSql({ delivery }: Tables): string {
  return `found AS (
    SELECT d.id FROM allowed a CROSS JOIN LATERAL (
      SELECT d.id FROM ${delivery} d WHERE d.listener_id = a.listener_id AND d.next_at <= now() AND d.row_id IS NULL
      ORDER BY d.next_at LIMIT a.quantum FOR UPDATE SKIP LOCKED) d
    UNION ALL
    SELECT d.id FROM ready r CROSS JOIN LATERAL (
      SELECT d.id FROM ${delivery} d WHERE d.id = r.id AND d.next_at <= now() FOR UPDATE SKIP LOCKED) d
    WHERE NOT r.is_early
  ), claimed AS (
    UPDATE ${delivery} d SET chunk_id = $1, next_at = NULL WHERE d.id = ANY(ARRAY(SELECT id FROM found))
    RETURNING d.event_id, d.listener_id
  )`;
}

/**
 * Gives a listener a new turn: now if more is due, otherwise when its next delivery is due. A delivery behind another one of its row
 * needs none, because the end of that one adds a turn.
 */
function newTurnsSql({ turn, delivery, pace }: Tables): string {
  return `again AS (
    INSERT INTO ${turn} (listener_id, ready_at)
    SELECT listener_id, greatest(free_at, at) FROM (SELECT a.listener_id, a.free_at, CASE
      WHEN (SELECT count(*) FROM claimed c WHERE c.listener_id = a.listener_id) >= a.quantum
        OR EXISTS (SELECT FROM heads h WHERE h.listener_id = a.listener_id AND h.next_at <= now() AND h.place > a.quantum) THEN now()
      ELSE least(
        (SELECT min(d.next_at) FROM ${delivery} d WHERE d.listener_id = a.listener_id AND d.next_at > now() AND d.row_id IS NULL),
        (SELECT min(h.next_at) FROM heads h WHERE h.listener_id = a.listener_id AND h.next_at > now()),
        (SELECT now() + ${UNPLANNED_MS} * interval '1 millisecond' FROM ready r WHERE r.listener_id = a.listener_id AND r.is_early LIMIT 1)
        ) END AS at
    FROM allowed a) next WHERE at IS NOT NULL
    UNION ALL
    SELECT s.listener_id, p.free_at FROM shares s JOIN ${pace} p USING (listener_id)
    WHERE s.rate IS NOT NULL AND NOT EXISTS (SELECT FROM allowed a WHERE a.listener_id = s.listener_id)
  )`;
}
