import type { DataSource } from 'typeorm';
import { EventReader } from '../capture/outbox/event-reader';
import type { HookCatalog } from '../hook/catalog';
import type { Listener } from '../listener/declared/listener';
import type { TestResult } from '../listener/declared/test-result';
import { KeyStore } from '../listener/keys/key-store';
import { Listeners } from '../listener/listeners';
import { Audience } from '../listener/matching/audience';
import { Candidates } from '../listener/matching/candidates';
import { DynamicListeners } from '../listener/matching/dynamic-listeners';
import { ListenerMatching } from '../listener/matching/matching';
import { Saving } from '../listener/saved/saving';
import { ListenerStore } from '../listener/saved/store';
import { Reencryption } from '../listener/secrets/reencryption';
import { SecretRotation } from '../listener/secrets/rotation';
import { SealedListeners, SealedTargets } from '../listener/secrets/sealed-rows';
import type { Logger } from '../logging/logger';
import type { Policies } from '../recipient/policies';
import type { Store } from '../store/store';
import type { Vault } from '../vault/vault';

interface Surroundings {
  readonly dataSource: DataSource;
  readonly store: Store;
  readonly catalog: HookCatalog;
  readonly policies: Policies;
  readonly logger: Logger;
  readonly vault: Vault;
  /** When this process attached, by the clock of the database. */
  readonly startedAt: () => Date;
  readonly sendTest: (listener: Listener) => Promise<TestResult>;
}

/** What a DataSource's listeners are stored, found and asked for with. */
export interface ListenerParts {
  readonly listeners: Listeners;
  readonly saved: ListenerStore;
  readonly matching: ListenerMatching;
}

export function listenerParts(surroundings: Surroundings): ListenerParts {
  const { dataSource, store, catalog, policies, startedAt, sendTest, logger, vault } = surroundings;
  const { database, tables } = store;
  const keys = new KeyStore(tables, catalog);
  const saved = new ListenerStore(tables, keys, vault);
  const dynamic = new DynamicListeners(saved, catalog, policies, logger, vault);
  const matching = new ListenerMatching(new Candidates(tables), catalog, dynamic);
  const events = new EventReader(dataSource, store, catalog);
  const audience = new Audience(database, { store: saved, matching }, catalog, events);
  const saving = new Saving(saved, catalog, policies);
  const rotation = new SecretRotation(tables, vault);
  const kinds = [new SealedListeners(tables, vault), new SealedTargets(tables, vault)];
  const reencryption = new Reencryption(database, vault, kinds, logger);
  const rows = { store: saved, keys, rotation, reencryption };
  const listeners = new Listeners(database, rows, audience, saving, startedAt, sendTest);
  return { listeners, saved, matching };
}
