import type { HookCatalog } from '../hook/catalog';
import { conditionField } from '../hook/event-context';
import type { Store } from '../store/store';
import { scopeOf } from './keys/scope';

/** Listeners of a hook with a condition on a field that the hook does not provide in this process. */
export interface SuspendedListeners {
  readonly hook: string;
  readonly field: string;
  readonly ids: readonly string[];
}

/**
 * Listeners that this process cannot judge. They stay active: this may be the older of two releases that run at once, and the other one
 * provides the field. Listeners of patterns are not among them, because any hook may provide a field.
 */
export async function suspendedListeners(
  { keys, listeners }: Pick<Store, 'keys' | 'listeners'>,
  catalog: HookCatalog,
): Promise<readonly SuspendedListeners[]> {
  const hooks = new Map(
    catalog.list().map((hook) => [scopeOf({ hook: hook.name, pattern: null }), hook]),
  );
  const suspended: SuspendedListeners[] = [];
  for (const { scope, field } of await keys.filterFields([...hooks.keys()])) {
    const hook = hooks.get(scope);
    if (!hook || conditionField(hook, field)) continue;
    const ids = await listeners.filteringOn(hook.name, field);
    if (ids.length > 0) suspended.push({ hook: hook.name, field, ids });
  }
  return suspended;
}

/** Why a listener gets nothing from this process. */
export function reasonOf({ hook, field }: Omit<SuspendedListeners, 'ids'>): string {
  return `the hook "${hook}" does not provide "${field}" in this process`;
}
