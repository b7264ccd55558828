import { SecretKeyMissingError } from '../../errors/vault-errors';
import type { Logger } from '../../logging/logger';
import type { Store } from '../../store/store';
import type { Vault } from '../../vault/vault';
import { StoredSecrets } from '../saved/sealing';

/** Listeners that are decrypted for each set of encryption keys. One that was changed by hand says nothing about its keys. */
const TRIED = 5;

/**
 * Checks that this process can decrypt what is stored. Throws `SECRET_KEY_MISSING` if an encryption key in use is not given, and
 * `SECRET_UNREADABLE` if a given one decrypts nothing. Reads a few listeners for each set of keys, however many there are.
 */
export async function checkEncryptionKeys(
  store: Pick<Store, 'snapshot'>,
  vault: Vault,
): Promise<void> {
  await store.snapshot(async ({ secrets, outbox, tasks }) => {
    await secrets.avoidBitmapScans();
    const sets = await secrets.encryptionKeySets();
    const others = [await outbox.targetKeyIds(), await tasks.encryptionKeyIds()];
    const used = [...sets.flat(), ...others.flat()];
    const missing = new Set(used.filter((id) => !vault.ids.includes(id)));
    if (missing.size > 0) throw new SecretKeyMissingError([...missing].sort());
    for (const encryptionKeyIds of sets) await tryKeys(secrets, vault, encryptionKeyIds);
  });
}

/** Throws if none of the tried listeners can be decrypted. */
async function tryKeys(
  secrets: Store['secrets'],
  vault: Vault,
  encryptionKeyIds: readonly string[],
): Promise<void> {
  const rows = await secrets.sealedWith(encryptionKeyIds, TRIED);
  const refusals = rows.map((row) => refusalOf(() => new StoredSecrets(vault, row).secret));
  const [first] = refusals;
  if (first && refusals.every((refusal) => refusal !== null)) throw first;
}

function refusalOf(open: () => unknown): Error | null {
  try {
    open();
    return null;
  } catch (error) {
    return error as Error;
  }
}

/** Logs a warning if secrets are stored without encryption. */
export function warnOfPlainSecrets({ vault, logger }: { vault: Vault; logger: Logger }): void {
  if (vault.newest !== null) return;
  logger.warn(
    'Secrets are stored without encryption: give the option `encryptionKeys`, then run hooks.listeners.reencrypt().',
  );
}
