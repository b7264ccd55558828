import { type HeaderValues, secret, secretTexts, withSecrets } from '../../options/header-value';
import { keyIdOf, type Vault } from '../../vault/vault';
import type { ListenerValues } from './normal';

/** The columns of a listener that only its deliveries may see, as they are stored. */
export interface SecretColumns {
  readonly identity: string;
  readonly secret: string;
  /** Null, also where the time in which both secrets hold is over. */
  readonly previous_secret: string | null;
  readonly headers: HeaderValues;
}

/** What is secret of a listener, as it was said. */
export type Secrets = Pick<ListenerValues, 'secret' | 'headers'>;

/** A listener as it goes into its row. */
export type Sealed<Row extends Secrets = ListenerValues> = Row & {
  readonly previous_secret: string | null;
  /** Of the keys that seal its secrets. */
  readonly key_ids: readonly string[];
};

/** Seals what is secret of a listener, so that it opens in the row of this identity only. */
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
  return { ...row, ...stored, key_ids: keyIdsOf(stored) };
}

/** The secrets of a stored listener. Each is opened when it is asked for; throws `SECRET_KEY_MISSING` and `SECRET_UNREADABLE`. */
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

  /** As they were said. */
  get headers(): HeaderValues {
    const { headers, identity } = this.row;
    return withSecrets(headers, (text, name) =>
      secret(this.vault.open(text, headerPlace(identity, name))),
    );
  }
}

/** The ids of the keys that seal these columns, in order. */
function keyIdsOf(columns: Omit<SecretColumns, 'identity'>): readonly string[] {
  const ids = storedTexts(columns).map(keyIdOf);
  return [...new Set(ids.filter((id) => id !== null))].sort();
}

/** Everything that is secret of a listener, as it is stored. */
export function storedTexts({
  secret,
  previous_secret,
  headers,
}: Omit<SecretColumns, 'identity'>): readonly string[] {
  return [secret, ...(previous_secret === null ? [] : [previous_secret]), ...secretTexts(headers)];
}

// A rotated secret stays in its place; a header's value cannot be put where another one is sent.
function secretPlace(identity: string): string {
  return `${identity} secret`;
}

function headerPlace(identity: string, name: string): string {
  return `${identity} header ${name.toLowerCase()}`;
}
