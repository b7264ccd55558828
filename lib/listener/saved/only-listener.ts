import { ListenerInvalidError } from '../../errors/listener-errors';
import type { Store } from '../../store/store';
import { identityOf, type NormalListener } from './normal';
import type { SavedListeners } from './saved-listeners';

/** Throws `LISTENER_INVALID` if one of the listeners is to be saved beside the one that its interactive hook has. */
export async function checkOnly(
  store: Store,
  saved: SavedListeners,
  listeners: readonly NormalListener[],
): Promise<void> {
  for (const { row, only } of listeners.filter((one) => one.only !== null)) {
    const stored = row.hook === null ? [] : await saved.find(store, { hook: row.hook });
    const given = listeners.filter((one) => one.row.hook === row.hook);
    const identities = [
      ...stored.map(({ listener }) => identityOf(listener)),
      ...given.map((one) => one.only),
    ];
    if (identities.some((identity) => identity !== only))
      throw new ListenerInvalidError({
        hook: [`"${row.hook}" is interactive and has another listener already; it can have one`],
      });
  }
}
