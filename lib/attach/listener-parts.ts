import type { DataSource } from 'typeorm';
import { EventReader } from '../capture/outbox/event-reader';
import type { HookCatalog } from '../hook/catalog';
import type { Tester } from '../listener/declared/test-result';
import { KeyAssignment } from '../listener/keys/key-assignment';
import { type AttachedProcess, type Backfiller, Listeners } from '../listener/listeners';
import { Audience } from '../listener/matching/audience';
import { DynamicListeners } from '../listener/matching/dynamic-listeners';
import { ListenerMatching } from '../listener/matching/matching';
import { SavedListeners } from '../listener/saved/saved-listeners';
import { Saving } from '../listener/saved/saving';
import { UnlikelyValues } from '../listener/saved/unlikely';
import { Reencryption } from '../listener/secrets/reencryption';
import { SecretRotation } from '../listener/secrets/rotation';
import { SealedListeners, SealedTargets } from '../listener/secrets/sealed-rows';
import type { Logger } from '../logging/logger';
import type { DeliveryLimits } from '../options/delivery-limits';
import type { Policies } from '../recipient/policies';
import type { KeyRing } from '../signing/key-ring';
import { joinedRunner } from '../store/ambient';
import type { Store } from '../store/store';
import { SealedTasks } from '../task/sealed-headers';
import type { Vault } from '../vault/vault';

/** What the listener stage uses of an attachment. */
export interface ListenerSurroundings {
  readonly dataSource: DataSource;
  readonly store: Store;
  readonly catalog: HookCatalog;
  readonly policies: Policies;
  readonly logger: Logger;
  readonly vault: Vault;
  readonly tester: Tester;
  readonly backfill: Backfiller;
  readonly process: AttachedProcess;
  readonly limits: DeliveryLimits;
  readonly keyRing: KeyRing;
}

export interface ListenerParts {
  readonly listeners: Listeners;
  readonly matching: ListenerMatching;
  readonly saved: SavedListeners;
}

/** Puts the listener stage together. */
export function listenerParts(given: ListenerSurroundings): ListenerParts {
  const { dataSource, store, catalog, logger, vault, backfill } = given;
  const keys = new KeyAssignment(catalog);
  const saved = new SavedListeners(keys, vault);
  const unlikely = new UnlikelyValues(catalog, logger);
  const saving = new Saving(saved, { ...given, unlikely });
  const dynamic = new DynamicListeners(saved, saving, vault, logger);
  const matching = new ListenerMatching(catalog, dynamic, logger);
  const events = new EventReader(dataSource, store, catalog);
  const audience = new Audience(store, { saved, matching, events }, catalog);
  const rotation = new SecretRotation(saved, vault);
  const kinds = [new SealedListeners(vault), new SealedTargets(vault), new SealedTasks(vault)];
  const reencryption = new Reencryption(store, vault, kinds, logger);
  const ambient = () => joinedRunner(dataSource);
  const parts = {
    ambient,
    catalog,
    saved,
    saving,
    keys,
    audience,
    rotation,
    reencryption,
    backfill,
  };
  const listeners = new Listeners(store, parts, given.tester, given.process);
  return { listeners, matching, saved };
}
