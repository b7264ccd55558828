import type { DataSource } from 'typeorm';
import { EventReader } from '../capture/event-reader';
import type { Database } from '../database';
import type { HookCatalog } from '../hook/catalog';
import type { Logger } from '../logger';
import type { Tables } from '../tables';
import type { Vault } from '../vault';
import { Audience } from './audience';
import { Candidates } from './candidates';
import { DynamicListeners } from './dynamic-listeners';
import { KeyStore } from './key-store';
import type { Listener } from './listener';
import { Listeners } from './listeners';
import { ListenerMatching } from './matching';
import type { RecipientPolicy } from './recipient-policy';
import { Reencryption } from './reencryption';
import { SecretRotation } from './rotation';
import { Saving } from './saving';
import { SealedListeners, SealedTargets } from './sealed-rows';
import { ListenerStore } from './store';
import type { TestResult } from './test-result';

interface Surroundings {
  readonly dataSource: DataSource;
  readonly database: Database;
  readonly tables: Tables;
  readonly catalog: () => HookCatalog;
  readonly policyOf: (hook: string | null) => RecipientPolicy;
  readonly logger: Logger;
  readonly vault: Vault;
  /** When this process attached, by the clock of the database. */
  readonly startedAt: () => Date;
  readonly sendTest: (listener: Listener) => Promise<TestResult>;
}

/** What a DataSource's listeners are stored, found and asked for with. */
export interface ListenerParts {
  readonly listeners: Listeners;
  readonly store: ListenerStore;
  readonly matching: ListenerMatching;
}

export function listenerParts(surroundings: Surroundings): ListenerParts {
  const { dataSource, database, tables, catalog, policyOf, startedAt, sendTest, logger, vault } =
    surroundings;
  const keys = new KeyStore(tables, catalog);
  const store = new ListenerStore(tables, keys, vault);
  const dynamic = new DynamicListeners(store, catalog, policyOf, logger, vault);
  const matching = new ListenerMatching(new Candidates(tables), catalog, dynamic);
  const events = new EventReader(dataSource, database, tables, catalog);
  const audience = new Audience(database, { store, matching }, catalog, events);
  const saving = new Saving(store, catalog, policyOf);
  const rotation = new SecretRotation(tables, vault);
  const kinds = [new SealedListeners(tables, vault), new SealedTargets(tables, vault)];
  const reencryption = new Reencryption(database, vault, kinds, logger);
  const rows = { store, keys, rotation, reencryption };
  const listeners = new Listeners(database, rows, audience, saving, startedAt, sendTest);
  return { listeners, store, matching };
}
