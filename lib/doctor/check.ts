import type { DataSource } from 'typeorm';
import type { DefinitionOptions } from '../capture/triggers/options';
import type { Triggers } from '../capture/triggers/triggers';
import type { UnseenWrite } from '../capture/typeorm/warnings';
import type { Handlers } from '../delivery/handler/handlers';
import type { HookCatalog } from '../hook/catalog';
import type { CriteriaMode } from '../options/criteria';
import type { KeyRing } from '../signing/key-ring';
import type { Store } from '../store/store';
import type { Vault } from '../vault/vault';
import type { Finding } from './finding';

/** What the checks look at. */
export interface DoctorParts {
  readonly dataSource: DataSource;
  readonly store: Store;
  readonly catalog: HookCatalog;
  readonly handlers: Pick<Handlers, 'find'>;
  readonly triggers: Pick<Triggers, 'check'>;
  readonly options: DoctorOptions;
  /** The kinds of writes that made no event since the process attached. */
  readonly unseenWrites: () => readonly UnseenWrite[];
}

/** The options of the attachment that findings depend on. */
export interface DoctorOptions extends DefinitionOptions {
  readonly criteria: CriteriaMode;
  readonly vault: Vault;
  readonly keyRing: Pick<KeyRing, 'isEmpty'>;
  readonly leaseMs: number;
  readonly statementTimeoutMs: number;
}

/** One question, with the name that a failure of it is reported by. */
export interface Check {
  readonly name: string;
  /** Whether it reads rows of our tables, which must be whole and permitted. */
  readonly readsRows?: boolean;
  find(parts: DoctorParts): Promise<readonly Finding[]>;
}
