import { MAX_CHUNK_SIZE } from '../../delivery/chunk/chunk';
import type { Tables } from '../../store/tables';

/** Turns taken by one claim: each of their listeners has the same share of the chunk. */
const TURNS = 64;
/** Turns of one of them that are taken along. */
const REPEATS = 100;
/** What waits behind an event that somebody is just planning is looked at again after so long. */
const UNPLANNED_MS = 250;
/** A paced listener gets its second's worth in so many parts. */
const PARTS = 10;

const UNENDED = `status IN ('waiting', 'retrying', 'rescheduled')`;

/**
 * Makes a chunk ($1) for a process ($2) under a lease ($3, ms) of deliveries whose turn has come. Listeners take turns, so that one with
 * very many due deliveries delays no other by more than a chunk; those restrained ($4) get at most so many ($5), or none. Of a paced
 * listener as many are taken as it is owed; of the deliveries about one row only the first that has not ended, and it not before all
 * earlier events of the row are planned.
 *
 * A turn is only added or taken, never changed. It was stored together with what became due, so that who sees the turn sees that too;
 * what is left gets a new one.
 */
export function dueSql(tables: Tables, chunkColumns: string): string {
  return `WITH ${turnsSql(tables)},
  ${sharesSql(tables)},
  ${headsSql(tables)},
  ${claimedSql(tables)},
  ${newTurnsSql(tables)},
  made AS (
    INSERT INTO ${tables.chunk} AS c (id, process_id, token, lease_until, event_ids, listener_ids)
    SELECT $1::uuid, $2::uuid, 1, clock_timestamp() + $3 * interval '1 millisecond', array_agg(event_id), array_agg(listener_id)
    FROM claimed HAVING count(*) > 0 RETURNING ${chunkColumns}
  ) SELECT (SELECT count(*)::int FROM first) AS turns, made.* FROM (SELECT) one LEFT JOIN made ON true`;
}

/** Whether a delivery `d` of an ordered listener is behind another one about the same row. */
export function hasEarlierSql({ delivery }: Tables): string {
  return `EXISTS (SELECT FROM ${delivery} e WHERE e.listener_id = d.listener_id AND e.row_id = d.row_id
    AND e.sequence < d.sequence AND e.${UNENDED})`;
}

/** The turns that have come, and `listeners` whose they are. */
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

/** How many deliveries each listener may have now: `let` holds those that may have any, with when they may have more. */
function sharesSql({ listener, pace }: Tables): string {
  return `shares AS (
    SELECT listener_id, l.max_per_second AS rate,
      least(${MAX_CHUNK_SIZE} / count(*) OVER (), coalesce(r.quantum, ${MAX_CHUNK_SIZE}),
        CASE WHEN l.max_per_second IS NOT NULL THEN greatest(1, floor(l.max_per_second / ${PARTS})) END)::int AS quantum
    FROM listeners LEFT JOIN ${listener} l ON l.id = listener_id LEFT JOIN restrained r USING (listener_id)
  ), owed AS (
    INSERT INTO ${pace} AS p (listener_id, free_at)
    SELECT listener_id, now() + quantum / rate * interval '1 second' FROM shares WHERE rate IS NOT NULL ORDER BY listener_id
    ON CONFLICT (listener_id) DO UPDATE SET free_at = excluded.free_at WHERE p.free_at <= now()
    RETURNING listener_id, free_at
  ), let AS (
    SELECT s.listener_id, s.quantum, coalesce(o.free_at, now()) AS free_at
    FROM shares s LEFT JOIN owed o USING (listener_id) WHERE s.rate IS NULL OR o.listener_id IS NOT NULL
  )`;
}

/** The first delivery about each row that has not ended; of those that are due, the `ready` ones are looked at more closely. */
function headsSql({ delivery, event }: Tables): string {
  return `heads AS (
    SELECT let.listener_id, let.quantum, h.*, row_number() OVER (
      PARTITION BY let.listener_id ORDER BY h.next_at > now() NULLS LAST, h.sequence NULLS FIRST) AS place
    FROM let CROSS JOIN LATERAL (
      SELECT DISTINCT ON (d.row_id) d.id, d.row_id, d.sequence, d.next_at FROM ${delivery} d
      WHERE d.listener_id = let.listener_id AND d.row_id IS NOT NULL AND d.${UNENDED}
      ORDER BY d.row_id, d.sequence NULLS FIRST OFFSET 0) h
  ), ready AS (
    SELECT h.listener_id, h.id, EXISTS (
      SELECT FROM ${event} e WHERE e.planned_at IS NULL AND e.row_id = h.row_id AND e.sequence < h.sequence) AS is_early
    FROM heads h WHERE h.next_at <= now() AND h.place <= h.quantum
  )`;
}

/** Each row is looked up by its listener or its id: what PostgreSQL takes for a better plan walks what is due for others too. */
function claimedSql({ delivery }: Tables): string {
  return `found AS (
    SELECT d.id FROM let CROSS JOIN LATERAL (
      SELECT d.id FROM ${delivery} d WHERE d.listener_id = let.listener_id AND d.next_at <= now() AND d.row_id IS NULL
      ORDER BY d.next_at LIMIT let.quantum FOR UPDATE SKIP LOCKED) d
    UNION ALL
    SELECT d.id FROM ready r CROSS JOIN LATERAL (
      SELECT d.id FROM ${delivery} d WHERE d.id = r.id AND d.next_at <= now() FOR UPDATE SKIP LOCKED) d
    WHERE NOT r.is_early
  ), claimed AS (
    UPDATE ${delivery} d SET chunk_id = $1, next_at = NULL WHERE d.id = ANY(ARRAY(SELECT id FROM found))
    RETURNING d.event_id, d.listener_id
  )`;
}

/** At once where more is due, else when the next is: of what is behind another one, that one's end makes a turn. */
function newTurnsSql({ turn, delivery, pace }: Tables): string {
  return `again AS (
    INSERT INTO ${turn} (listener_id, ready_at)
    SELECT listener_id, greatest(free_at, at) FROM (SELECT let.listener_id, let.free_at, CASE
      WHEN (SELECT count(*) FROM claimed c WHERE c.listener_id = let.listener_id) >= let.quantum
        OR EXISTS (SELECT FROM heads h WHERE h.listener_id = let.listener_id AND h.next_at <= now() AND h.place > let.quantum) THEN now()
      ELSE least(
        (SELECT min(d.next_at) FROM ${delivery} d WHERE d.listener_id = let.listener_id AND d.next_at > now() AND d.row_id IS NULL),
        (SELECT min(h.next_at) FROM heads h WHERE h.listener_id = let.listener_id AND h.next_at > now()),
        (SELECT now() + ${UNPLANNED_MS} * interval '1 millisecond' FROM ready r WHERE r.listener_id = let.listener_id AND r.is_early LIMIT 1)
        ) END AS at
    FROM let) next WHERE at IS NOT NULL
    UNION ALL
    SELECT s.listener_id, p.free_at FROM shares s JOIN ${pace} p USING (listener_id)
    WHERE s.rate IS NOT NULL AND NOT EXISTS (SELECT FROM let WHERE let.listener_id = s.listener_id)
  )`;
}
