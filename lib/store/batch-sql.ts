import type { Tables } from './tables';

/** A subquery of these columns: of the open deliveries of a listener about a row, the first one. */
type FirstOfRow = (columns: string, of: readonly [listener: string, row: string]) => string;

/**
 * Decides how many deliveries each batching listener of `offers` gets now: whole batches, and the rest if one of the rest has waited long
 * enough or was tried before. `gates` holds that number (`quantum`); with 0, when to look again (`at`).
 *
 * A batch must not be cut because many listeners share the chunk. So each batching listener gets at least one whole batch, and those that
 * do not fit into the chunk ($6) keep their turn. A limit of a listener that is restrained counts requests.
 */
export function gatesSql(tables: Tables, firstOfRow: FirstOfRow): string {
  return `batching AS (
    SELECT *, sum(most) OVER (ORDER BY since, listener_id) - most < $6::int AS fits FROM (
      SELECT listener_id, since, size, wait,
        size * greatest(1, least(share / size, restraint, CASE WHEN rate IS NOT NULL THEN 1 END)) AS most
      FROM offers WHERE size IS NOT NULL) b
  ), waiting AS (${waitingSql(tables, firstOfRow)}
  ), ranked AS (
    SELECT *, row_number() OVER (PARTITION BY listener_id ORDER BY due_at) AS n,
      count(*) OVER (PARTITION BY listener_id) AS total FROM waiting
  ), gates AS MATERIALIZED (
    SELECT b.listener_id, CASE
        WHEN NOT b.fits THEN 0
        WHEN max(r.total) IS NULL THEN 0
        WHEN max(r.total) >= b.most THEN b.most
        WHEN bool_or(r.is_ripe AND r.n > r.total / b.size * b.size) THEN max(r.total)
        ELSE max(r.total) / b.size * b.size END::int AS quantum,
      coalesce(bool_or(r.is_ripe), false) AS is_ripe,
      CASE WHEN NOT b.fits THEN b.since ELSE least(min(r.created_at) + b.wait, ${laterSql(tables)}) END AS at
    FROM batching b LEFT JOIN ranked r USING (listener_id)
    GROUP BY b.listener_id, b.since, b.size, b.wait, b.most, b.fits
  )`;
}

/**
 * Due deliveries of batching listeners; of ordered ones, the first of each row. They are not locked: of two claims that each lock one of
 * two deliveries, none would see that a batch of two is complete.
 */
function waitingSql(tables: Tables, firstOfRow: FirstOfRow): string {
  const { delivery, head } = tables;
  const isRipe = 'd.created_at + b.wait <= now() OR d.attempt > 0';
  return `
    SELECT b.listener_id, d.created_at, d.next_at AS due_at, ${isRipe} AS is_ripe
    FROM batching b CROSS JOIN LATERAL (
      SELECT d.created_at, d.next_at, d.attempt FROM ${delivery} d
      WHERE d.listener_id = b.listener_id AND d.next_at <= now() AND d.row_id IS NULL
      ORDER BY d.next_at LIMIT b.most) d WHERE b.fits
    UNION ALL
    SELECT b.listener_id, d.created_at, h.ready_at, coalesce(${isRipe}, true)
    FROM batching b CROSS JOIN LATERAL (
      SELECT h.row_id, h.ready_at FROM ${head} h WHERE h.listener_id = b.listener_id AND h.ready_at <= now()
      ORDER BY h.ready_at LIMIT b.most) h
    LEFT JOIN LATERAL (${firstOfRow('d.created_at, d.attempt', ['b.listener_id', 'h.row_id'])}) d ON true WHERE b.fits
    UNION ALL
    SELECT b.listener_id, now(), now(), true FROM batching b WHERE b.fits AND EXISTS (
      SELECT FROM ${delivery} d WHERE d.listener_id = b.listener_id AND d.row_id IS NOT NULL AND d.next_at <= now() AND NOT d.headed)`;
}

/** When the next delivery of the listener becomes due. */
function laterSql({ delivery, head }: Tables): string {
  return `(SELECT min(d.next_at) FROM ${delivery} d WHERE d.listener_id = b.listener_id AND d.next_at > now() AND d.row_id IS NULL),
    (SELECT min(h.ready_at) FROM ${head} h WHERE h.listener_id = b.listener_id AND h.ready_at > now())`;
}

/** When a listener gets a turn again whose batch another process was claiming. */
const SHORT_MS = 25;

/**
 * Listeners whose batches would not be whole (`short`), because another process is claiming some of the deliveries that were counted. They
 * get nothing now.
 */
export function shortSql(): string {
  const has = (from: string) =>
    `EXISTS (SELECT FROM ${from} t WHERE t.listener_id = g.listener_id)`;
  return `short AS MATERIALIZED (
    SELECT g.listener_id FROM gates g JOIN allowed a USING (listener_id)
    WHERE NOT g.is_ripe AND NOT ${has('heads')} AND NOT ${has('headless')}
      AND (SELECT count(*) FROM plain p WHERE p.listener_id = g.listener_id) < g.quantum
  )`;
}

/** The turns of listeners whose gate is closed, or that are short. One that has a turn by then needs no other. */
export function closedTurnsSql({ turn }: Tables): string {
  return `SELECT g.listener_id, g.at FROM gates g WHERE g.quantum = 0 AND g.at IS NOT NULL AND NOT EXISTS (
      SELECT FROM ${turn} t WHERE t.listener_id = g.listener_id AND t.ready_at > now() AND t.ready_at <= g.at)
    UNION ALL SELECT listener_id, now() + ${SHORT_MS} * interval '1 millisecond' FROM short`;
}
