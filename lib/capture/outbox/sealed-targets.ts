import { isPlainObject } from '../../base/json';
import type { Targets } from '../../hook/options';
import type { Vault } from '../../vault/vault';

/** The targets of an event as they are stored: those that hold a secret are sealed, all of them as one text. */
export type StoredTargets = Targets | string;

/** Seals targets for their event alone. Without keys they are stored as they are. */
export function sealTargets(vault: Vault, eventId: string, targets: Targets): StoredTargets {
  if (vault.newest === null || !holdSecret(targets)) return targets;
  return vault.seal(JSON.stringify(targets), placeOf(eventId));
}

/** Throws `SECRET_KEY_MISSING` and `SECRET_UNREADABLE`. */
export function openTargets(vault: Vault, eventId: string, stored: StoredTargets): Targets {
  return typeof stored === 'string' ? JSON.parse(vault.open(stored, placeOf(eventId))) : stored;
}

/** Whether one of them names its own secret, or a header that is not plain text. */
export function holdSecret(targets: Targets): boolean {
  return targets.some((target) => {
    if (typeof target === 'string') return false;
    const { secret, headers } = target;
    if (secret !== undefined) return true;
    return (
      isPlainObject(headers) && Object.values(headers).some((text) => typeof text !== 'string')
    );
  });
}

/** Which events have no targets, or such as open here: a key may be known to another process only. */
export function openableSql({ ids }: Vault): string {
  const known = ids.length === 0 ? 'NULL' : ids.map((id) => `'${id}'`).join(', ');
  return `(targets IS NULL OR json_typeof(targets) = 'array' OR split_part(targets #>> '{}', ':', 3) IN (${known}))`;
}

function placeOf(eventId: string): string {
  return `event ${eventId} targets`;
}
