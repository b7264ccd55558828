import { isPlainObject } from '../../base/json';
import type { PlainTargets } from '../../options/listener';
import type { StoredTargets } from '../../store/events';
import type { Vault } from '../../vault/vault';

/** Encrypts targets that hold a secret, so that they can be decrypted for this event only. Without keys they are stored as they are. */
export function sealTargets(vault: Vault, eventId: string, targets: PlainTargets): StoredTargets {
  if (vault.newest === null || !holdSecret(targets)) return targets;
  return vault.seal(JSON.stringify(targets), placeOf(eventId));
}

/** Throws `SECRET_KEY_MISSING` and `SECRET_UNREADABLE`. */
export function openTargets(vault: Vault, eventId: string, stored: StoredTargets): PlainTargets {
  return typeof stored === 'string' ? JSON.parse(vault.open(stored, placeOf(eventId))) : stored;
}

/** Whether a target has its own secret, or a header that is not plain text. */
export function holdSecret(targets: PlainTargets): boolean {
  return targets.some((target) => {
    if (typeof target === 'string') return false;
    const { secret, headers } = target;
    if (secret !== undefined) return true;
    return (
      isPlainObject(headers) && Object.values(headers).some((text) => typeof text !== 'string')
    );
  });
}

function placeOf(eventId: string): string {
  return `event ${eventId} targets`;
}
