import type { DataSource } from 'typeorm';
import { type EncryptionKeys } from '../../../lib';
import { StoredSecrets } from '../../../lib/listener/saved/sealing';
import type { ListenerSecretsRow } from '../../../lib/store/secrets';
import { Vault } from '../../../lib/vault/vault';
import { SPEC_KEYS } from '../application/application';

export interface SecretRow extends ListenerSecretsRow {
  readonly previous_secret_until: Date | null;
}

/** The stored columns of a listener that contain its secrets. */
export async function secretRow(dataSource: DataSource, id: string): Promise<SecretRow> {
  const sql = `SELECT id, identity, secret, previous_secret, previous_secret_until, headers, key_ids
    FROM model_hook_listener WHERE id = $1`;
  const [row] = await dataSource.query<SecretRow[]>(sql, [id]);
  if (!row) throw new Error(`Listener ${id} does not exist.`);
  return row;
}

/** The secrets of a stored listener, opened. */
export async function storedSecrets(
  dataSource: DataSource,
  id: string,
  keys: EncryptionKeys = SPEC_KEYS,
): Promise<StoredSecrets> {
  return new StoredSecrets(new Vault(keys), await secretRow(dataSource, id));
}
