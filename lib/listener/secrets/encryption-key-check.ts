import { SecretKeyMissingError } from '../../errors/vault-errors';
import type { Logger } from '../../logging/logger';
import type { Database, Query } from '../../store/database';
import { TARGETS_KEY_ID_SQL } from '../../store/events';
import type { Tables } from '../../store/tables';
import type { Vault } from '../../vault/vault';
import { type SecretColumns, StoredSecrets } from '../saved/sealing';

/** Listeners whose secrets are tried: one that was changed by hand proves nothing against a key. */
const TRIED = 5;

/**
 * Throws `SECRET_KEY_MISSING` where something is stored that the vault has no key for, and `SECRET_UNREADABLE` where a key opens nothing.
 * Of listeners, however many, a few rows are read for each set of keys.
 */
export async function checkKeys(
  database: Pick<Database, 'snapshot'>,
  tables: Tables,
  vault: Vault,
): Promise<void> {
  await database.snapshot(async (query) => {
    // A bitmap is of all rows that fit, for a few of them.
    await query('SET LOCAL enable_bitmapscan = off');
    const sets = await keySets(query, tables);
    const used = [...sets.flat(), ...(await keysOfTargets(query, tables))];
    const missing = new Set(used.filter((id) => !vault.ids.includes(id)));
    if (missing.size > 0) throw new SecretKeyMissingError([...missing].sort());
    for (const keyIds of sets) await tryKeys(query, tables, vault, keyIds);
  });
}

/** Tries the keys of one set at some listeners that have it. */
async function tryKeys(
  query: Query,
  { listener }: Tables,
  vault: Vault,
  keyIds: readonly string[],
): Promise<void> {
  const rows = await query<SecretColumns>(
    `SELECT identity, secret, previous_secret, headers FROM ${listener} WHERE key_ids = $1 AND key_ids <> '{}' LIMIT ${TRIED}`,
    [keyIds],
  );
  const refusals = rows.map((row) => refusalOf(() => new StoredSecrets(vault, row).secret));
  const [first] = refusals;
  if (first && refusals.every((refusal) => refusal !== null)) throw first;
}

function refusalOf(open: () => unknown): Error | null {
  try {
    open();
    return null;
  } catch (error) {
    return error as Error;
  }
}

/** Says that secrets are not sealed, where they are not. */
export function warnOfPlainSecrets({ vault, logger }: { vault: Vault; logger: Logger }): void {
  if (vault.newest !== null) return;
  logger.warn(
    'Secrets are stored as they are: give the option `encryptionKeys`, then run hooks.listeners.reencrypt().',
  );
}

/** Goes from one set of keys to the next one by the index: PostgreSQL would read all of it for a DISTINCT. */
async function keySets(
  query: Query,
  { listener }: Tables,
): Promise<readonly (readonly string[])[]> {
  const rows = await query<{ keys: string[] }>(
    `WITH RECURSIVE used AS (
       (SELECT key_ids FROM ${listener} WHERE key_ids <> '{}' ORDER BY key_ids LIMIT 1)
       UNION ALL
       SELECT (SELECT l.key_ids FROM ${listener} l WHERE l.key_ids <> '{}' AND l.key_ids > used.key_ids
         ORDER BY l.key_ids LIMIT 1)
       FROM used WHERE used.key_ids IS NOT NULL
     ) SELECT key_ids AS keys FROM used WHERE key_ids IS NOT NULL`,
  );
  return rows.map(({ keys }) => keys);
}

async function keysOfTargets(query: Query, { event }: Tables): Promise<readonly string[]> {
  const rows = await query<{ id: string }>(
    `SELECT DISTINCT ${TARGETS_KEY_ID_SQL} AS id FROM ${event}
     WHERE planned_at IS NULL AND targets IS NOT NULL AND json_typeof(targets) = 'string'`,
  );
  return rows.map(({ id }) => id);
}
