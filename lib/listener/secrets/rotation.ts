import { ANYTHING, numberFrom, type Shape } from '../../options/rules';
import type { Query } from '../../store/database';
import { keyIdsSql } from '../../store/listener-sql';
import type { Tables } from '../../store/tables';
import type { Vault } from '../../vault/vault';
import type { StoredListener } from '../saved/listener-row';
import { newSecret } from '../saved/normal';
import { sealed } from '../saved/sealing';
import { validateOptions } from '../saved/validation';

export interface RotateOptions {
  /** How long requests are signed with both secrets, in milliseconds; 0: with the new one only. @defaultValue `86400000` */
  readonly graceMs?: number;
  /** The new secret. Made as for a new listener where it is left out. */
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

/** Puts a new secret in the place of the old one, which holds beside it for a while. Gives the new one. */
export class SecretRotation {
  constructor(
    private readonly tables: Tables,
    private readonly vault: Vault,
  ) {}

  /** The listener is locked. */
  async rotate(
    query: Query,
    { listener: { id, target }, identity }: StoredListener,
    { graceMs = ROTATE_DEFAULTS.graceMs, secret: given }: RotateOptions,
  ): Promise<string> {
    const secret = given ?? newSecret();
    validateOptions({ url: target, secret });
    const row = sealed(this.vault, identity, { secret, headers: {} });
    await query(
      `UPDATE ${this.tables.listener} l SET secret = $2, key_ids = ${keyIdsSql('$3::text[]')}, updated_at = now(),
         previous_secret = CASE WHEN $4::float8 > 0 THEN l.secret END,
         previous_secret_until = CASE WHEN $4 > 0 THEN clock_timestamp() + $4 * interval '1 millisecond' END
       WHERE id = $1`,
      [id, row.secret, row.key_ids, graceMs],
    );
    return secret;
  }
}
