import type { Tables } from '../../store/tables';

/**
 * Stores outcomes ($1) of chunks ($2) and events ($3), which they name by their places. Only of chunks that are still held under the same
 * token; gives the places of those, and the ids of deliveries that had been recorded before. An outcome that closes its chunk deletes it; one that is to be followed by another attempt, or by the next
 * delivery about the row, gives its listener a turn. A row that is not of these chunks has its outcome already: this is said again, because
 * the first time the answer was lost, and others may have gone on with that delivery since.
 */
export function recordSql({ chunk, delivery, attempt, turn }: Tables): string {
  return `WITH held AS (
    SELECT h.place, c.id FROM ${chunk} c
    JOIN json_to_recordset($2::json) AS h(place int, id uuid, token bigint) ON c.id = h.id AND c.token = h.token
    ORDER BY c.id FOR UPDATE OF c
  ), mine AS (
    SELECT r.*, held.id AS chunk_id, e.id AS event_id, e.name
    FROM json_to_recordset($1::json) AS r(chunk int, event int, id uuid, listener_id uuid, status text, attempt int,
      retries int, reschedules int, after_ms float8, http_status int, reason text, response text, retval text,
      duration_ms int, attempted_at timestamptz, is_kept boolean, gives_turn boolean, closes boolean)
    JOIN held ON held.place = r.chunk
    JOIN json_to_recordset($3::json) AS e(place int, id uuid, name text) ON e.place = r.event
  ), written AS (
    INSERT INTO ${delivery} AS d (id, event_id, listener_id, event, status, attempt, retries, reschedules,
      next_at, http_status, reason, response, retval, duration_ms, attempted_at)
    SELECT id, event_id, listener_id, name, status, attempt, coalesce(retries, 0), coalesce(reschedules, 0),
      clock_timestamp() + after_ms * interval '1 millisecond', http_status, reason, response, retval::json,
      duration_ms, attempted_at FROM mine
    ON CONFLICT (id) DO UPDATE SET status = excluded.status, attempt = excluded.attempt,
      retries = excluded.retries, reschedules = excluded.reschedules, next_at = excluded.next_at,
      chunk_id = NULL, reason = excluded.reason, retval = excluded.retval,
      http_status = CASE WHEN excluded.attempted_at IS NULL THEN d.http_status ELSE excluded.http_status END,
      response = CASE WHEN excluded.attempted_at IS NULL THEN d.response ELSE excluded.response END,
      duration_ms = coalesce(excluded.duration_ms, d.duration_ms),
      attempted_at = coalesce(excluded.attempted_at, d.attempted_at), updated_at = clock_timestamp()
    WHERE d.chunk_id IN (SELECT id FROM held) RETURNING d.id
  ), tried AS (
    INSERT INTO ${attempt} (delivery_id, number, outcome, http_status, reason, response, duration_ms, attempted_at)
    SELECT id, attempt, status, http_status, reason, response, duration_ms, attempted_at FROM mine WHERE is_kept
    ON CONFLICT DO NOTHING
  ), turns AS (
    INSERT INTO ${turn} (listener_id, ready_at)
    SELECT listener_id, clock_timestamp() + min(coalesce(after_ms, 0)) * interval '1 millisecond' FROM mine
    WHERE gives_turn GROUP BY listener_id
  ), closed AS (
    DELETE FROM ${chunk} WHERE id IN (SELECT chunk_id FROM mine WHERE closes)
  ) SELECT place, NULL::uuid AS repeated FROM held
  UNION ALL SELECT NULL, id FROM mine WHERE (SELECT count(*) FROM written) < (SELECT count(*) FROM mine)
    AND NOT EXISTS (SELECT FROM written WHERE written.id = mine.id)`;
}
