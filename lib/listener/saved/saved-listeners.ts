import { validate as isUuid } from 'uuid';
import { grouped } from '../../base/grouped';
import { ListenerNotFoundError } from '../../errors/listener-errors';
import type { ListenerCriteria } from '../../store/listener-criteria';
import type { ListenerPageQuery, StoredListenerRow } from '../../store/listener-rows';
import type { Store } from '../../store/store';
import type { Vault } from '../../vault/vault';
import type { KeyAssignment } from '../keys/key-assignment';
import { type Saved, type StoredListener, toListener } from './listener-row';
import type { NormalListener } from './normal';
import { StoredSecrets, sealed } from './sealing';

/**
 * Listeners as they are stored: with their secrets encrypted, and with match keys. Each method runs on the store that it is given, so that
 * a save can join a transaction.
 */
export class SavedListeners {
  constructor(
    private readonly keys: KeyAssignment,
    private readonly vault: Vault,
  ) {}

  /** Creates or updates listeners. Returns what was stored of each. */
  async upsert(store: Store, listeners: readonly NormalListener[]): Promise<readonly Saved[]> {
    const saved: Saved[] = [];
    if (listeners.length > 1)
      await store.listeners.lockIdentities(listeners.map(({ identity }) => identity));
    for (const group of grouped(listeners, ({ named }) => named.join()).values())
      saved.push(...(await this.#upsertGroup(store, group)));
    const replaced = saved.filter(({ created, listener }) => created || replacesMatch(listener));
    // One listener may be saved twice, with different columns named. Its last conditions are stored.
    const latest = [...new Map(replaced.map((one) => [one.id, one])).values()];
    if (latest.length > 0) await this.#replaceFilters(store, latest);
    // All columns of a listener with a `key` can change, its hook and conditions among them.
    const changed = saved.filter(({ created, listener }) => !created && listener.row.key !== null);
    if (changed.length > 0)
      await this.keys.rekey(
        store,
        changed.map(({ id }) => id),
      );
    return saved;
  }

  async #upsertGroup(store: Store, group: readonly NormalListener[]): Promise<readonly Saved[]> {
    const distinct = new Map(group.map((listener) => [listener.identity, listener]));
    const unique = [...distinct.values()];
    const keys = await this.keys.choose(
      store,
      unique.map(({ row, match }) => ({ ...row, match })),
    );
    const rows = unique.map(({ identity, row, match }, n) => ({
      identity,
      values: sealed(this.vault, identity, row),
      match,
      keys: keys[n] ?? [],
    }));
    const written = await store.listeners.upsert(rows, group[0]?.named ?? []);
    return written.map(({ id, identity, created, createdAt }) => ({
      id,
      created,
      createdAt,
      listener: distinct.get(identity) as NormalListener,
    }));
  }

  async #replaceFilters({ filters }: Store, saved: readonly Saved[]): Promise<void> {
    await filters.delete(saved.filter(({ created }) => !created).map(({ id }) => id));
    await filters.insert(saved.map(({ id, listener: { match } }) => ({ id, match })));
  }

  /**
   * Stores listeners that no match key finds, which are created for single events. Returns their ids by identity. Those that exist are
   * only read, so that plans with the same target do not wait for each other. Once a day they are marked as still used.
   */
  async keepDynamic(
    { listeners }: Store,
    wanted: readonly NormalListener[],
  ): Promise<ReadonlyMap<string, string>> {
    const known = await listeners.findDynamic(wanted.map(({ identity }) => identity));
    const ids = new Map(known.map(({ id, identity }) => [identity, id]));
    await listeners.touch(known.filter(({ old }) => old).map(({ id }) => id));
    const fresh = wanted.filter(({ identity }) => !ids.has(identity));
    if (fresh.length === 0) return ids;
    const rows = fresh.map(({ identity, row }) => ({
      identity,
      values: sealed(this.vault, identity, row),
    }));
    return new Map([...ids, ...(await listeners.insertDynamic(rows))]);
  }

  /** Overwrites a listener. False if it does not exist, or if another one has that identity. */
  async replace(
    store: Store,
    { listener: { id }, secrets }: StoredListener,
    { identity, row, match }: NormalListener,
  ): Promise<boolean> {
    // Encrypted again, because secrets can be decrypted only in a row of the identity that they were encrypted for.
    const values = sealed(this.vault, identity, row, secrets.previousSecret);
    if (!(await store.listeners.replace(id, identity, values))) return false;
    await store.filters.delete([id]);
    await store.filters.insert([{ id, match }]);
    await this.keys.rekey(store, [id]);
    return true;
  }

  async find(store: Store, criteria: ListenerCriteria): Promise<readonly StoredListener[]> {
    const rows = await store.listeners.find(criteria);
    return rows.map((row) => this.#stored(row));
  }

  /** A page of listeners, the newest first. */
  async page(
    store: Store,
    criteria: ListenerCriteria,
    page: ListenerPageQuery,
  ): Promise<readonly StoredListener[]> {
    const rows = await store.listeners.page(criteria, page);
    return rows.map((row) => this.#stored(row));
  }

  /** The listener of that id; undefined if it does not exist. */
  async one(store: Store, id: string): Promise<StoredListener | undefined> {
    return isUuid(id) ? (await this.find(store, { id }))[0] : undefined;
  }

  /** The same, locked until the transaction ends. */
  async locked(store: Store, id: string): Promise<StoredListener | undefined> {
    if (!isUuid(id)) return undefined;
    // Locked before it is read: a statement that waits for a lock still sees the conditions of before it waited.
    await store.listeners.lock(id);
    return this.one(store, id);
  }

  /** False if the listener does not exist. */
  async activate(store: Store, id: string): Promise<boolean> {
    const isKnown = await store.listeners.activate(id);
    await this.keys.rekey(store, [id]);
    return isKnown;
  }

  #stored(row: StoredListenerRow): StoredListener {
    return {
      listener: toListener(row),
      identity: row.identity,
      secrets: new StoredSecrets(this.vault, row),
      failingSince: row.failing_since,
    };
  }
}

function replacesMatch({ row, namesMatch }: NormalListener): boolean {
  return row.key !== null && namesMatch;
}

/** The error for an id that no listener has. */
export function unknownListener(id: string): ListenerNotFoundError {
  return new ListenerNotFoundError(id);
}
