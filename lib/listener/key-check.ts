import type { Database, Query } from '../database';
import { SecretKeyMissingError } from '../errors';
import type { Logger } from '../logger';
import type { Tables } from '../tables';
import type { Vault } from '../vault';

/**
 * Throws `SECRET_KEY_MISSING` where something is stored that the vault has no key for. Of listeners, however many, one row is read for each
 * set of keys.
 */
export async function checkKeys(database: Database, tables: Tables, vault: Vault): Promise<void> {
  const used = await database.snapshot(async (query) => [
    ...(await keysOfListeners(query, tables)),
    ...(await keysOfTargets(query, tables)),
  ]);
  const known = new Set(vault.ids);
  const missing = new Set(used.filter((id) => !known.has(id)));
  if (missing.size > 0) throw new SecretKeyMissingError([...missing].sort());
}

/** Says that secrets are not sealed, where they are not. */
export function warnOfPlainSecrets({ vault, logger }: { vault: Vault; logger: Logger }): void {
  if (vault.newest !== null) return;
  logger.warn(
    'Secrets are stored as they are: give the option `encryptionKeys`, then run hooks.listeners.reencrypt().',
  );
}

/** Goes from one set of keys to the next one by the index: PostgreSQL would read all of it for a DISTINCT. */
async function keysOfListeners(query: Query, { listener }: Tables): Promise<readonly string[]> {
  const rows = await query<{ id: string }>(
    `WITH RECURSIVE used AS (
       (SELECT key_ids FROM ${listener} WHERE key_ids <> '{}' ORDER BY key_ids LIMIT 1)
       UNION ALL
       SELECT (SELECT l.key_ids FROM ${listener} l WHERE l.key_ids <> '{}' AND l.key_ids > used.key_ids
         ORDER BY l.key_ids LIMIT 1)
       FROM used WHERE used.key_ids IS NOT NULL
     ) SELECT DISTINCT unnest(key_ids) AS id FROM used`,
  );
  return rows.map(({ id }) => id);
}

async function keysOfTargets(query: Query, { event }: Tables): Promise<readonly string[]> {
  const rows = await query<{ id: string }>(
    `SELECT DISTINCT split_part(targets #>> '{}', ':', 3) AS id FROM ${event}
     WHERE planned_at IS NULL AND targets IS NOT NULL AND json_typeof(targets) = 'string'`,
  );
  return rows.map(({ id }) => id);
}
