import type { Database } from '../database';
import type { HookCatalog } from '../hook/catalog';
import type { Logger } from '../logger';
import type { Tables } from '../tables';
import { scopeOf } from './event-keys';
import { KEY_VERSION } from './key';
import { withoutKeysSql } from './key-store';

/** What an upgrade or a changed hook may have left behind, looked for when a process attaches. */
export async function reviewListeners(
  database: Database,
  tables: Tables,
  { catalog, logger }: { readonly catalog: HookCatalog; readonly logger: Logger },
): Promise<void> {
  await deactivateWhatCannotMatch(database, tables, { catalog, logger });
  const unkeyed = await database.query(
    `SELECT FROM ${tables.listener} WHERE active AND NOT dynamic AND key_version <> ${KEY_VERSION} LIMIT 1`,
  );
  if (unkeyed.length > 0)
    logger.warn(
      'Some listeners have no keys yet, and slow every event: run hooks.listeners.reindex().',
    );
}

/**
 * Deactivates the listeners that filter on what their hook does not provide any more: they would wait for ever. Listeners of patterns
 * are left alone, since a hook that is attached elsewhere may provide it.
 */
async function deactivateWhatCannotMatch(
  database: Database,
  tables: Tables,
  { catalog, logger }: { readonly catalog: HookCatalog; readonly logger: Logger },
): Promise<void> {
  const hooks = new Map(
    catalog.list().map((hook) => [scopeOf({ hook: hook.name, pattern: null }), hook]),
  );
  const noted = await database.query<{ scope: string; field: string }>(
    `SELECT DISTINCT scope, field FROM ${tables.plan} WHERE operator = 'filter' AND scope = ANY($1)`,
    [[...hooks.keys()]],
  );
  for (const { scope, field } of noted) {
    const hook = hooks.get(scope);
    if (!hook || hook.fields.has(field)) continue;
    const why = `the hook "${hook.name}" does not provide "${field}" any more`;
    const rows = await database.query(
      `WITH off AS (
         UPDATE ${tables.listener} l SET active = false, inactive_reason = $3, inactive_since = now(), updated_at = now()
         WHERE l.active AND l.hook = $1
           AND EXISTS (SELECT FROM ${tables.filter} f WHERE f.listener_id = l.id AND f.field = $2)
         RETURNING l.id, l.keys
       ), ${withoutKeysSql(tables, 'off')} SELECT id FROM off`,
      [hook.name, field, why],
    );
    if (rows.length > 0) logger.warn(`Listeners were deactivated: ${why}.`, { count: rows.length });
  }
}
