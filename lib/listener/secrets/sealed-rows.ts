import { holdSecret, openTargets, sealTargets } from '../../capture/outbox/sealed-targets';
import type { StoredTargets } from '../../store/events';
import type { EventTargetsRow, ListenerSecretsRow } from '../../store/secrets';
import type { Store } from '../../store/store';
import type { Vault } from '../../vault/vault';
import { StoredSecrets, sealed, storedTexts } from '../saved/sealing';
import { RESEALED_AT_ONCE, type SealedRows } from './reencryption';

/** The secrets of listeners. Rows that still name an encryption key that they no longer use are outdated too. */
export class SealedListeners implements SealedRows<ListenerSecretsRow> {
  readonly what = 'listener';

  constructor(private readonly vault: Vault) {}

  page({ secrets }: Store, after: string | null): Promise<readonly ListenerSecretsRow[]> {
    return secrets.ofListeners(after, RESEALED_AT_ONCE);
  }

  isOutdated(row: ListenerSecretsRow): boolean {
    const isNoted = row.key_ids.length === 1 && row.key_ids[0] === this.vault.newest;
    return !isNoted || !storedTexts(row).every((text) => this.vault.isCurrent(text));
  }

  locked({ secrets }: Store, ids: readonly string[]): Promise<readonly ListenerSecretsRow[]> {
    return secrets.lockListeners(ids);
  }

  resealed(row: ListenerSecretsRow): ListenerSecretsRow {
    const { secret, headers, previousSecret } = new StoredSecrets(this.vault, row);
    const { id, identity } = row;
    return sealed(this.vault, identity, { id, identity, secret, headers }, previousSecret);
  }

  write({ secrets }: Store, rows: readonly ListenerSecretsRow[]): Promise<void> {
    return secrets.writeListeners(rows);
  }
}

type EventTargets = EventTargetsRow<StoredTargets>;

/** The targets of events that are not planned yet. Those of planned events are never read again. */
export class SealedTargets implements SealedRows<EventTargets> {
  readonly what = 'event';

  constructor(private readonly vault: Vault) {}

  page({ secrets }: Store, after: string | null): Promise<readonly EventTargets[]> {
    return secrets.ofEvents(after, RESEALED_AT_ONCE);
  }

  isOutdated({ targets }: EventTargets): boolean {
    return typeof targets === 'string' ? !this.vault.isCurrent(targets) : holdSecret(targets);
  }

  locked({ secrets }: Store, ids: readonly string[]): Promise<readonly EventTargets[]> {
    return secrets.lockEvents(ids);
  }

  resealed({ id, targets }: EventTargets): EventTargets {
    return { id, targets: sealTargets(this.vault, id, openTargets(this.vault, id, targets)) };
  }

  write({ secrets }: Store, rows: readonly EventTargets[]): Promise<void> {
    return secrets.writeEvents(rows);
  }
}
