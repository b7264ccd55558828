import type { Tables } from './tables';

/** How match keys are made today. Raise it when that changes, together with the partial index of listeners that have others. */
export const MATCH_KEY_VERSION = 1;

/** The conditions of a listener `l`, in their order. */
export function conditionsSql({ filter }: Tables): string {
  return `coalesce((SELECT json_agg(json_build_object('field', f.field, 'operator', f.operator, 'operand', f.operand)
    ORDER BY f.position) FROM ${filter} f WHERE f.listener_id = l.id), '[]'::json)`;
}

/** The previous secret of a listener, while it is valid beside the new one. */
export function previousSecretSql(listener: string): string {
  return `CASE WHEN ${listener}.previous_secret_until > clock_timestamp() THEN ${listener}.previous_secret END`;
}

/** The encryption keys of a listener `l` and those that are added. Old ones stay, because it is not known which are still used. */
export function encryptionKeyIdsSql(added: string): string {
  return `ARRAY(SELECT DISTINCT unnest(l.key_ids || ${added}) ORDER BY 1)`;
}

/** Whether an active listener `l` lacks match keys of today's version. The partial index has the same condition. */
export const LACKS_MATCH_KEYS_SQL = `l.active AND NOT l.dynamic AND l.key_version <> ${MATCH_KEY_VERSION}`;

/** A common table expression that deletes the match keys of the listeners in another one, which has the columns `id` and `keys`. */
export function withoutKeysSql({ key }: Tables, listeners: string): string {
  return `unkeyed AS (DELETE FROM ${key} k USING (SELECT id, unnest(keys) AS key FROM ${listeners}) gone
    WHERE k.key = gone.key AND k.listener_id = gone.id)`;
}
