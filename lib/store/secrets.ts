import type { HeaderValues } from '../options/header-value';
import type { Query } from './database';
import { encryptionKeyIdsSql, previousSecretSql } from './listener-sql';
import type { Tables } from './tables';

/** The columns of a listener that only its deliveries may see, as they are stored. */
export interface SecretColumns {
  readonly identity: string;
  readonly secret: string;
  /** Null also after the time in which both secrets are valid. */
  readonly previous_secret: string | null;
  readonly headers: HeaderValues;
}

export interface ListenerSecretsRow extends SecretColumns {
  readonly id: string;
  /** Ids of the encryption keys that the row uses, or used earlier. */
  readonly key_ids: readonly string[];
}

/** The secret that a listener gets in place of its current one, encrypted. */
export interface RotatedSecret {
  readonly secret: string;
  readonly encryptionKeyIds: readonly string[];
  /** How long the current secret stays valid, in milliseconds; 0: not at all. */
  readonly graceMs: number;
}

const LISTENER_SECRETS_SQL = `id, identity, secret, ${previousSecretSql('l')} AS previous_secret, headers, key_ids`;

/** Statements on the secrets of listeners. `OutboxRows` has those on the targets of events. */
export class SecretRows {
  constructor(
    private readonly query: Query,
    private readonly tables: Tables,
  ) {}

  /** By the clock of the database, because other processes read when the previous secret ends. */
  async rotate(id: string, { secret, encryptionKeyIds, graceMs }: RotatedSecret): Promise<void> {
    await this.query(
      `UPDATE ${this.tables.listener} l SET secret = $2, key_ids = ${encryptionKeyIdsSql('$3::text[]')}, updated_at = now(),
         previous_secret = CASE WHEN $4::float8 > 0 THEN l.secret END,
         previous_secret_until = CASE WHEN $4 > 0 THEN clock_timestamp() + $4 * interval '1 millisecond' END
       WHERE id = $1`,
      [id, secret, encryptionKeyIds, graceMs],
    );
  }

  /** A page of listeners, those after an id. */
  ofListeners(after: string | null, limit: number): Promise<ListenerSecretsRow[]> {
    return this.query(
      `SELECT ${LISTENER_SECRETS_SQL} FROM ${this.tables.listener} l WHERE $1::uuid IS NULL OR id > $1
       ORDER BY id LIMIT ${limit}`,
      [after],
    );
  }

  lockListeners(ids: readonly string[]): Promise<ListenerSecretsRow[]> {
    return this.query(
      `SELECT ${LISTENER_SECRETS_SQL} FROM ${this.tables.listener} l WHERE id = ANY($1) ORDER BY id FOR UPDATE`,
      [ids],
    );
  }

  async writeListeners(rows: readonly ListenerSecretsRow[]): Promise<void> {
    await this.query(
      `UPDATE ${this.tables.listener} l SET secret = r.secret, headers = r.headers, key_ids = r.key_ids,
         previous_secret = r.previous_secret,
         previous_secret_until = CASE WHEN r.previous_secret IS NOT NULL THEN l.previous_secret_until END
       FROM json_to_recordset($1::json) AS r(id uuid, secret text, headers jsonb, key_ids text[], previous_secret text)
       WHERE l.id = r.id`,
      [JSON.stringify(rows)],
    );
  }

  /** Until the transaction ends. A bitmap would be built from all rows that fit, although a few of them are read. */
  async avoidBitmapScans(): Promise<void> {
    await this.query('SET LOCAL enable_bitmapscan = off');
  }

  /**
   * Every set of encryption keys that a listener uses. Steps through the index from one set to the next, because PostgreSQL would read
   * all of the index for a DISTINCT.
   */
  async encryptionKeySets(): Promise<readonly (readonly string[])[]> {
    const { listener } = this.tables;
    const rows = await this.query<{ keys: string[] }>(
      `WITH RECURSIVE used AS (
         (SELECT key_ids FROM ${listener} WHERE key_ids <> '{}' ORDER BY key_ids LIMIT 1)
         UNION ALL
         SELECT (SELECT l.key_ids FROM ${listener} l WHERE l.key_ids <> '{}' AND l.key_ids > used.key_ids
           ORDER BY l.key_ids LIMIT 1)
         FROM used WHERE used.key_ids IS NOT NULL
       ) SELECT key_ids AS keys FROM used WHERE key_ids IS NOT NULL`,
    );
    return rows.map(({ keys }) => keys);
  }

  /** Some listeners that use exactly these encryption keys. */
  sealedWith(encryptionKeyIds: readonly string[], limit: number): Promise<SecretColumns[]> {
    return this.query(
      `SELECT identity, secret, previous_secret, headers FROM ${this.tables.listener}
       WHERE key_ids = $1 AND key_ids <> '{}' LIMIT ${limit}`,
      [encryptionKeyIds],
    );
  }
}
