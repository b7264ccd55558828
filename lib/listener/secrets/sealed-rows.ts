import { holdSecret, openTargets, sealTargets } from '../../capture/outbox/sealed-targets';
import type { TargetsRow } from '../../store/outbox';
import type { ListenerSecretsRow } from '../../store/secrets';
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

/** The targets of events that are not planned yet. Those of planned events are never read again. */
export class SealedTargets implements SealedRows<TargetsRow> {
  readonly what = 'event';

  constructor(private readonly vault: Vault) {}

  page({ outbox }: Store, after: string | null): Promise<readonly TargetsRow[]> {
    return outbox.targetsPage(after, RESEALED_AT_ONCE);
  }

  isOutdated({ targets }: TargetsRow): boolean {
    return typeof targets === 'string' ? !this.vault.isCurrent(targets) : holdSecret(targets);
  }

  locked({ outbox }: Store, ids: readonly string[]): Promise<readonly TargetsRow[]> {
    return outbox.lockTargets(ids);
  }

  resealed({ id, targets }: TargetsRow): TargetsRow {
    return { id, targets: sealTargets(this.vault, id, openTargets(this.vault, id, targets)) };
  }

  write({ outbox }: Store, rows: readonly TargetsRow[]): Promise<void> {
    return outbox.writeTargets(rows);
  }
}
