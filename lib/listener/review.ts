import type { HookCatalog } from '../hook/catalog';
import type { Logger } from '../logging/logger';
import type { Store } from '../store/store';
import { suspendedListeners } from './suspended';

/** Looks for what an upgrade or a changed hook can leave behind. Runs when a process attaches. It changes nothing. */
export async function reviewListeners(
  store: Store,
  catalog: HookCatalog,
  logger: Logger,
): Promise<void> {
  for (const { hook, field, ids } of await suspendedListeners(store, catalog))
    logger.warn(
      `Listeners have conditions on "${field}", which the hook "${hook}" does not provide in this process: they get nothing from it. hooks.listeners.stale() finds them; pause or remove them if no process provides the field.`,
      { count: ids.length },
    );
  if (await store.keys.isAnyListenerUnkeyed())
    logger.warn(
      'Some listeners have no match keys of this release, which slows down every event: run hooks.listeners.reindex().',
    );
}
