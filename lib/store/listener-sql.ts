import type { Tables } from './tables';

/** Keys are made so; raised when that changes, with the partial index of listeners that have others. */
export const KEY_VERSION = 1;

/** The conditions of a listener `l`, in their order. */
export function matchSql({ filter }: Tables): string {
  return `coalesce((SELECT json_agg(json_build_object('field', f.field, 'operator', f.operator, 'operand', f.operand)
    ORDER BY f.position) FROM ${filter} f WHERE f.listener_id = l.id), '[]'::json)`;
}

/** The previous secret of a listener, while it holds beside the new one. */
export function previousSecretSql(listener: string): string {
  return `CASE WHEN ${listener}.previous_secret_until > clock_timestamp() THEN ${listener}.previous_secret END`;
}

/** The keys that seal something of a listener `l`, and those that are being added: which of the old ones are left is not known. */
export function keyIdsSql(added: string): string {
  return `ARRAY(SELECT DISTINCT unnest(l.key_ids || ${added}) ORDER BY 1)`;
}

/** Whether a listener `l` is to be told of events and has no keys of today's making; like the index for it. */
export const UNKEYED_SQL = `l.active AND NOT l.dynamic AND l.key_version <> ${KEY_VERSION}`;

/** A common table expression that takes away the keys of the listeners in another one, with columns `id` and `keys`. */
export function withoutKeysSql({ key }: Tables, listeners: string): string {
  return `unkeyed AS (DELETE FROM ${key} k USING (SELECT id, unnest(keys) AS key FROM ${listeners}) gone
    WHERE k.key = gone.key AND k.listener_id = gone.id)`;
}
