import type { HookCatalog } from '../hook/catalog';
import type { Logger } from '../logging/logger';
import type { Store } from '../store/store';
import { scopeOf } from './keys/scope';

/** Looks for what an upgrade or a changed hook can leave behind. Runs when a process attaches. */
export async function reviewListeners(
  store: Store,
  catalog: HookCatalog,
  logger: Logger,
): Promise<void> {
  await deactivateUnmatchable(store, catalog, logger);
  if (await store.keys.isAnyListenerUnkeyed())
    logger.warn(
      'Some listeners have no match keys of this release, which slows down every event: run hooks.listeners.reindex().',
    );
}

/**
 * Deactivates the listeners that have a condition on a field that their hook no longer provides, because no event can match it. Listeners
 * of patterns stay active, because a hook that is attached in another process may provide the field.
 */
async function deactivateUnmatchable(
  store: Store,
  catalog: HookCatalog,
  logger: Logger,
): Promise<void> {
  const hooks = new Map(
    catalog.list().map((hook) => [scopeOf({ hook: hook.name, pattern: null }), hook]),
  );
  for (const { scope, field } of await store.keys.filterFields([...hooks.keys()])) {
    const hook = hooks.get(scope);
    if (!hook || hook.fields.has(field)) continue;
    const why = `the hook "${hook.name}" no longer provides "${field}"`;
    const count = await store.transaction(async ({ listeners }) => {
      const ids = await listeners.lockFilteringOn(hook.name, field);
      if (ids.length === 0) return 0;
      const off = await listeners.deactivate(
        ids.map((id) => ({ id, why })),
        { onlyActive: true },
      );
      return off.length;
    });
    if (count > 0) logger.warn(`Listeners were deactivated: ${why}.`, { count });
  }
}
