import { ANYTHING, numberFrom, type Shape } from '../../options/rules';
import type { Store } from '../../store/store';
import type { Vault } from '../../vault/vault';
import type { Listener } from '../declared/listener';
import { validateOptions } from '../saved/loaded-late';
import { newSecret } from '../saved/normal';
import { type SavedListeners, unknownListener } from '../saved/saved-listeners';
import { sealed } from '../saved/sealing';

/** Options of `hooks.listeners.rotateSecret()`. */
export interface RotateOptions {
  /** How long requests are signed with both secrets, in milliseconds; 0: with the new one only. @defaultValue `86400000` */
  readonly graceMs?: number;
  /** The new secret. Without it, one is generated as for a new listener. */
  readonly secret?: string;
}

export const ROTATE_DEFAULTS = {
  graceMs: 86_400_000,
} as const satisfies Omit<Required<RotateOptions>, 'secret'>;

/** A year. */
const MAX_GRACE_MS = 31_536_000_000;

export const ROTATE_SHAPE: Shape<RotateOptions> = {
  graceMs: numberFrom(0, MAX_GRACE_MS),
  // Checked like the secret of any listener, hence `LISTENER_INVALID`.
  secret: ANYTHING,
};

/** Gives listeners new secrets. The old secret stays valid beside the new one for a while. */
export class SecretRotation {
  constructor(
    private readonly saved: SavedListeners,
    private readonly vault: Vault,
  ) {}

  /** Returns the listener with its new secret. `store` is bound to a transaction. */
  async rotate(
    store: Store,
    id: string,
    { graceMs = ROTATE_DEFAULTS.graceMs, secret: given }: RotateOptions,
  ): Promise<Listener> {
    const stored = await this.saved.locked(store, id);
    if (!stored) throw unknownListener(id);
    const secret = given ?? newSecret();
    validateOptions({ url: stored.listener.target, secret });
    const row = sealed(this.vault, stored.identity, { secret, headers: {} });
    await store.secrets.rotate(id, {
      secret: row.secret,
      encryptionKeyIds: row.key_ids,
      graceMs,
    });
    const rotated = (await this.saved.one(store, id)) ?? stored;
    return { ...rotated.listener, secret };
  }
}
