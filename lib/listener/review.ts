import type { HookCatalog } from '../hook/catalog';
import type { Logger } from '../logging/logger';
import type { Database } from '../store/database';
import { UNKEYED_SQL } from '../store/listener-sql';
import type { Tables } from '../store/tables';
import { scopeOf } from './keys/scope';
import type { ListenerStore } from './saved/store';

interface Stored {
  readonly database: Database;
  readonly tables: Tables;
  readonly store: ListenerStore;
}

/** What an upgrade or a changed hook may have left behind, looked for when a process attaches. */
export async function reviewListeners(
  stored: Stored,
  catalog: HookCatalog,
  logger: Logger,
): Promise<void> {
  await deactivateWhatCannotMatch(stored, catalog, logger);
  const unkeyed = await stored.database.query(
    `SELECT FROM ${stored.tables.listener} l WHERE ${UNKEYED_SQL} LIMIT 1`,
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
  { database, tables, store }: Stored,
  catalog: HookCatalog,
  logger: Logger,
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
    const count = await store.deactivate(database.query, why, {
      where: `l.active AND l.hook = $2
        AND EXISTS (SELECT FROM ${tables.filter} f WHERE f.listener_id = l.id AND f.field = $3)`,
      parameters: [hook.name, field],
    });
    if (count > 0) logger.warn(`Listeners were deactivated: ${why}.`, { count });
  }
}
