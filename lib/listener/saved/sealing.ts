import { type HeaderValues, secret, secretTexts, withSecrets } from '../../options/header-value';
import type { ListenerValues, SealedValues } from '../../store/listener-columns';
import type { SecretColumns } from '../../store/secrets';
import { keyIdOf, type Vault } from '../../vault/vault';

/** The secrets of a listener as they were declared. */
export type Secrets = Pick<ListenerValues, 'secret' | 'headers'>;

/** A row whose secrets are encrypted. */
export type Sealed<Row extends Secrets> = Row & Pick<SealedValues, 'previous_secret' | 'key_ids'>;

/** Encrypts the secrets of a listener. They can be decrypted only in a row of the same identity. */
export function sealed<Row extends Secrets>(
  vault: Vault,
  identity: string,
  row: Row,
  previousSecret: string | null = null,
): Sealed<Row> {
  const place = secretPlace(identity);
  const stored = {
    secret: vault.seal(row.secret, place),
    previous_secret: previousSecret === null ? null : vault.seal(previousSecret, place),
    headers: withSecrets(row.headers, (text, name) =>
      secret(vault.seal(text, headerPlace(identity, name))),
    ),
  };
  return { ...row, ...stored, key_ids: encryptionKeyIds(stored) };
}

/** The secrets of a stored listener. Each is decrypted when it is read, which throws `SECRET_KEY_MISSING` or `SECRET_UNREADABLE`. */
export class StoredSecrets {
  constructor(
    private readonly vault: Vault,
    private readonly row: SecretColumns,
  ) {}

  get secret(): string {
    return this.vault.open(this.row.secret, secretPlace(this.row.identity));
  }

  get previousSecret(): string | null {
    const { previous_secret, identity } = this.row;
    return previous_secret === null
      ? null
      : this.vault.open(previous_secret, secretPlace(identity));
  }

  /** As they were declared. */
  get headers(): HeaderValues {
    const { headers, identity } = this.row;
    return withSecrets(headers, (text, name) =>
      secret(this.vault.open(text, headerPlace(identity, name))),
    );
  }
}

/** Ids of the encryption keys used by these columns, sorted. */
function encryptionKeyIds(columns: Omit<SecretColumns, 'identity'>): readonly string[] {
  const ids = storedTexts(columns).map(keyIdOf);
  return [...new Set(ids.filter((id) => id !== null))].sort();
}

/** All secrets of a listener, as they are stored. */
export function storedTexts({
  secret,
  previous_secret,
  headers,
}: Omit<SecretColumns, 'identity'>): readonly string[] {
  return [secret, ...(previous_secret === null ? [] : [previous_secret]), ...secretTexts(headers)];
}

// The place is authenticated with the text, so the value of a header cannot be moved to another header. A secret keeps its place when it is rotated.
function secretPlace(identity: string): string {
  return `${identity} secret`;
}

function headerPlace(identity: string, name: string): string {
  return `${identity} header ${name.toLowerCase()}`;
}
