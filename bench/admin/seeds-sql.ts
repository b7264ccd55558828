import type { Sizes } from './seeding';

/** Deliveries of an event. */
const FAN_OUT = 5;

/** An id that a number and a text make, of version 4. */
export const ID_FUNCTION = `CREATE FUNCTION seed_id(text) RETURNS uuid IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
  SELECT overlay(overlay(md5($1) placing '4' from 13) placing '8' from 17)::uuid $$`;

/**
 * Listeners of several hooks and patterns. The owner `large` has 1,000, `huge` a fifth of all, `hot` one, and the others 1 to 10; a
 * fifth has no owner. One of a hundred is of the hook `audit`, one of 5,000 is not active.
 */
export function listenersSql({ listeners }: Sizes): readonly string[] {
  return [
    `INSERT INTO model_hook_listener (id, identity, hook, pattern, target, content_type, secret, digest, headers, owner, key, config,
       replies, delivery, active, created_at, key_version)
     SELECT seed_id('listener ' || n), 'seed ' || md5(n::text), CASE WHEN n % 50 = 0 THEN NULL WHEN n % 100 = 1 THEN 'audit'
         WHEN n % 10 < 5 THEN 'order' WHEN n % 10 < 8 THEN 'customer' ELSE 'invoice' END,
       CASE WHEN n % 1000 = 0 THEN 'invoice.*' WHEN n % 50 = 0 THEN 'order.*' END, 'https://' || n % (${listeners} / 5) || '.example.com',
       'application/json', 'secret', 'sha256', '{}', CASE WHEN n <= least(1000, ${listeners} / 10) THEN 'large' WHEN n <= ${listeners} / 4 THEN 'huge'
         WHEN n = ${listeners} / 4 + 1 THEN 'hot' WHEN n <= ${listeners} * 4 / 5 THEN 'owner-' || n / (1 + n % 10) END,
       CASE WHEN n % 3 = 0 THEN 'key-' || n END, '{}', true, '{}', n % 5000 <> 7, now() - interval '30 days' * (1 - n / ${listeners}.0), 1
     FROM generate_series(1, ${listeners}) n`,
    `INSERT INTO model_hook_filter (listener_id, position, field, operator, operand)
     SELECT id, 0, 'status', 'is', '"paid"' FROM model_hook_listener WHERE hook IS NOT NULL`,
  ];
}

/** Events of 30 days: a third of the last day, a tenth of the last hour. Four of them have a rare name. */
export function eventsSql({ deliveries }: Sizes): string {
  const count = Math.ceil(deliveries / FAN_OUT);
  return `INSERT INTO model_hook_event (id, hook, event, sender, data, occurred_at, planned_at)
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid,
      split_part(name, '.', 1), name, CASE WHEN n % 5000 = 7 THEN 'rare' WHEN n % 3 = 0 THEN 'large' END,
      json_build_object('id', n, 'status', 'paid', 'note', repeat('x', 150)), at, at
    FROM (SELECT n, now() - CASE WHEN x > 0.67 THEN interval '1 day' + (x - 0.67) / 0.33 * interval '29 days'
        WHEN x > 0.1 THEN interval '1 hour' + (x - 0.1) / 0.57 * interval '23 hours' ELSE x / 0.1 * interval '1 hour' END AS at,
      CASE WHEN n % (${count} / 4) = 99 THEN 'order.refunded' WHEN random() < 0.5 THEN 'order.created' WHEN random() < 0.6 THEN 'order.updated'
        WHEN random() < 0.75 THEN 'customer.created' ELSE 'invoice.paid' END AS name
      FROM (SELECT n, 1 - n / ${count}.0 AS x FROM generate_series(1, ${count}) n) e) e`;
}

/** Five deliveries of each event. A fifth of all are those of one listener; few others have many. One status is rare. */
export function deliveriesSql({ listeners, deliveries }: Sizes): string {
  const hot = Math.floor(listeners / 4) + 1;
  return `INSERT INTO model_hook_delivery (id, event_id, listener_id, event, status, attempt, retries, reschedules, next_at, http_status,
      reason, response, duration_ms, attempted_at, created_at)
    SELECT seed_id('delivery ' || n), id, seed_id('listener ' || CASE part WHEN 0 THEN ${hot} ELSE 1 + floor(${listeners} * power(random(), 2)) END),
      event, status, 1, 0, 0, CASE WHEN status IN ('waiting', 'retrying', 'rescheduled') THEN now() + interval '1 day' END, 200,
      CASE status WHEN 'failed' THEN 'HTTP 500' END, 'a reply of ordinary length', 20 + 200 * power(random(), 4), occurred_at,
      occurred_at + part * interval '3 ms'
    FROM (SELECT e.*, part, place * ${FAN_OUT} + part AS n, CASE WHEN place % ${Math.ceil(deliveries / FAN_OUT / 30)} = 0 AND part = 1 THEN 'rescheduled'
        WHEN random() < 0.005 THEN 'waiting' WHEN random() < 0.01 THEN 'retrying' WHEN random() < 0.05 THEN 'failed'
        WHEN random() < 0.03 THEN 'skipped' ELSE 'done' END AS status
      FROM (SELECT row_number() OVER (ORDER BY id) AS place, id, event, occurred_at FROM model_hook_event) e, generate_series(0, ${FAN_OUT - 1}) part) d
    ORDER BY n`;
}

export const WIDE_EVENT = `INSERT INTO model_hook_event (id, hook, event, data, occurred_at, planned_at)
  SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '70008' || repeat('0', 15))::uuid, 'order', 'order.created', '{}', at, at
  FROM (SELECT now() - interval '10 days' AS at) e RETURNING id`;
