import type { Logger } from '../../logging/logger';
import type { KeyRing } from '../../signing/key-ring';
import type { Store } from '../../store/store';

export const KEYS_ABSENT =
  "Listeners have the signature 'v1a' or 'both', and this process was given no `signingKeys`: their deliveries wait for a process that has them.";

/** Listeners that are looked at when a process attaches; `hooks.doctor()` looks at all. */
const NEWEST = 1_000;

/** Logs a warning if a process that sends cannot sign as new listeners want. Reads a limited number of rows, however many there are. */
export async function warnOfAbsentKeys(
  { listenerHooks }: Pick<Store, 'listenerHooks'>,
  { keyRing, logger }: { readonly keyRing: Pick<KeyRing, 'isEmpty'>; readonly logger: Logger },
): Promise<void> {
  if (keyRing.isEmpty && (await listenerHooks.isAnyAsymmetric(NEWEST))) logger.warn(KEYS_ABSENT);
}
