import { OptionInvalidError } from '../errors/option-errors';
import type { DefinedHookOptions } from './options';

/** What the package tells of itself; such an event is heard by its name or by `'model-hooks.*'`, never by `'*'`. */
const OWN_PREFIX = 'model-hooks.';

/** A listener was deactivated, because of what its recipient answered or failed to. */
export const LISTENER_DISABLED = 'model-hooks.listener.disabled';

/** The hooks of the package itself. Their events are sent as the owner's of the listener that they are about. */
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

/** Throws `OPTION_INVALID` where a hook of the application bears a name of ours. */
export function checkName(name: string): void {
  if (isOwnName(name))
    throw new OptionInvalidError('name', `one that does not begin with "${OWN_PREFIX}"`);
}
