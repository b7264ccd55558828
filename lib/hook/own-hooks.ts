import { OptionInvalidError } from '../errors/option-errors';
import type { DefinedHookOptions } from './options';

/** Prefix of the package's own events. The patterns that match them are their names and `'model-hooks.*'`, but not `'*'`. */
const OWN_PREFIX = 'model-hooks.';

/** Event: a listener was deactivated because its recipient failed for too long or answered that it is gone. */
export const LISTENER_DISABLED = 'model-hooks.listener.disabled';

/** The hooks of the package itself. The sender of their events is the owner of the listener that they are about. */
export const OWN_HOOKS: ReadonlyMap<string, DefinedHookOptions> = new Map([
  [
    LISTENER_DISABLED,
    {
      provides: ['id', 'hook', 'pattern', 'origin', 'owner', 'key', 'reason', 'failingSince'],
      description:
        'A listener was deactivated because its recipient failed for too long, or said that it is gone.',
    },
  ],
]);

export function isOwnName(name: string): boolean {
  return name.startsWith(OWN_PREFIX);
}

/** Throws `OPTION_INVALID` if the name of an application's hook has the package's prefix. */
export function checkName(name: string): void {
  if (isOwnName(name))
    throw new OptionInvalidError('name', `one that does not begin with "${OWN_PREFIX}"`);
}
