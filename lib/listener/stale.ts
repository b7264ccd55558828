import type { HookCatalog } from '../hook/catalog';
import type { Store } from '../store/store';
import type { Listener } from './declared/listener';
import type { SavedListeners } from './saved/saved-listeners';
import { reasonOf, suspendedListeners } from './suspended';

/** A listener that may be of no use any more. */
export interface StaleListener extends Listener {
  /** Why it may be. */
  readonly staleReason: string;
}

export interface StaleParts {
  readonly saved: SavedListeners;
  readonly catalog: HookCatalog;
}

/** Listeners that this process cannot judge, and those that code saved once, but not since then. */
export async function staleListeners(
  store: Store,
  { saved, catalog }: StaleParts,
  since: Date,
): Promise<readonly StaleListener[]> {
  const reasons = new Map<string, string>();
  for (const suspended of await suspendedListeners(store, catalog))
    for (const id of suspended.ids) reasons.set(id, reasonOf(suspended));
  const ids = [...reasons.keys()];
  const undeclared = await saved.find(store, { declaredBefore: since });
  const others = ids.length > 0 ? await saved.find(store, { ids }) : [];
  const found = new Map([...undeclared, ...others].map(({ listener }) => [listener.id, listener]));
  return [...found].map(([id, listener]) => ({
    ...listener,
    staleReason: reasons.get(id) ?? 'it was not saved since this process attached',
  }));
}
