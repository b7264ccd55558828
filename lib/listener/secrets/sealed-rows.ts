import { holdSecret, openTargets, sealTargets } from '../../capture/outbox/sealed-targets';
import type { Query } from '../../store/database';
import type { StoredTargets } from '../../store/events';
import { previousSecretSql } from '../../store/listener-sql';
import type { Tables } from '../../store/tables';
import type { Vault } from '../../vault/vault';
import { type SecretColumns, StoredSecrets, sealed, storedTexts } from '../saved/sealing';
import { RESEALED_AT_ONCE, type SealedRows } from './reencryption';

interface ListenerSecrets extends SecretColumns {
  readonly id: string;
  readonly key_ids: readonly string[];
}

/** The secrets of listeners. Which of their keys is not used any more is noted too. */
export class SealedListeners implements SealedRows<ListenerSecrets> {
  readonly what = 'listener';
  readonly #columns =
    `id, identity, secret, ${previousSecretSql('l')} AS previous_secret, headers, key_ids`;

  constructor(
    private readonly tables: Tables,
    private readonly vault: Vault,
  ) {}

  page(query: Query, after: string | null): Promise<ListenerSecrets[]> {
    return query(
      `SELECT ${this.#columns} FROM ${this.tables.listener} l WHERE $1::uuid IS NULL OR id > $1
       ORDER BY id LIMIT ${RESEALED_AT_ONCE}`,
      [after],
    );
  }

  isOutdated(row: ListenerSecrets): boolean {
    const isNoted = row.key_ids.length === 1 && row.key_ids[0] === this.vault.newest;
    return !isNoted || !storedTexts(row).every((text) => this.vault.isCurrent(text));
  }

  locked(query: Query, ids: readonly string[]): Promise<ListenerSecrets[]> {
    return query(
      `SELECT ${this.#columns} FROM ${this.tables.listener} l WHERE id = ANY($1) ORDER BY id FOR UPDATE`,
      [ids],
    );
  }

  resealed(row: ListenerSecrets): ListenerSecrets {
    const { secret, headers, previousSecret } = new StoredSecrets(this.vault, row);
    const { id, identity } = row;
    return sealed(this.vault, identity, { id, identity, secret, headers }, previousSecret);
  }

  async write(query: Query, rows: readonly ListenerSecrets[]): Promise<void> {
    await query(
      `UPDATE ${this.tables.listener} l SET secret = r.secret, headers = r.headers, key_ids = r.key_ids,
         previous_secret = r.previous_secret,
         previous_secret_until = CASE WHEN r.previous_secret IS NOT NULL THEN l.previous_secret_until END
       FROM json_to_recordset($1::json) AS r(id uuid, secret text, headers jsonb, key_ids text[], previous_secret text)
       WHERE l.id = r.id`,
      [JSON.stringify(rows)],
    );
  }
}

interface EventTargets {
  readonly id: string;
  readonly targets: StoredTargets;
}

/** The targets of events that are still to be planned: nobody opens the others again. */
export class SealedTargets implements SealedRows<EventTargets> {
  readonly what = 'event';

  constructor(
    private readonly tables: Tables,
    private readonly vault: Vault,
  ) {}

  page(query: Query, after: string | null): Promise<EventTargets[]> {
    return query(
      `SELECT id, targets FROM ${this.tables.event} WHERE planned_at IS NULL AND targets IS NOT NULL
       AND ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT ${RESEALED_AT_ONCE}`,
      [after],
    );
  }

  isOutdated({ targets }: EventTargets): boolean {
    return typeof targets === 'string' ? !this.vault.isCurrent(targets) : holdSecret(targets);
  }

  locked(query: Query, ids: readonly string[]): Promise<EventTargets[]> {
    return query(
      `SELECT id, targets FROM ${this.tables.event} WHERE id = ANY($1) AND planned_at IS NULL ORDER BY id FOR UPDATE`,
      [ids],
    );
  }

  resealed({ id, targets }: EventTargets): EventTargets {
    return { id, targets: sealTargets(this.vault, id, openTargets(this.vault, id, targets)) };
  }

  async write(query: Query, rows: readonly EventTargets[]): Promise<void> {
    await query(
      `UPDATE ${this.tables.event} e SET targets = r.targets FROM json_to_recordset($1::json) AS r(id uuid, targets json)
       WHERE e.id = r.id`,
      [JSON.stringify(rows)],
    );
  }
}
