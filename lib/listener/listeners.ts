import { validate as isUuid } from 'uuid';
import { storable } from '../base/json';
import { ListenerInvalidError } from '../errors/listener-errors';
import type { HookEvent } from '../hook/event';
import type { AnyFilter } from '../hook/filter';
import { checkArgument, checkedOptions } from '../options/checked';
import type { ListenerOptions } from '../options/listener';
import { OPTIONS, TEXT } from '../options/rules';
import { type Database, type Query, runOn } from '../store/database';
import { draftOf, ListenerBuilder, type SaveOptions } from './declared/builder';
import type { ListenerDraft } from './declared/draft';
import type { Listener } from './declared/listener';
import type { TestResult } from './declared/test-result';
import type { KeyStore } from './keys/key-store';
import type { Audience, Explanation } from './matching/audience';
import { changedDraft, type ListenerChanges } from './saved/changes';
import type { StoredListener } from './saved/listener-row';
import {
  BUILDERS,
  PROGRESS_SHAPE,
  type ProgressOptions,
  SAVE_MANY_SHAPE,
  type SaveManyOptions,
  type Saving,
} from './saved/saving';
import { type ListenerStore, unknownListener } from './saved/store';
import {
  checkedWhere,
  LISTENER_PAGE_DEFAULTS,
  type ListenerPage,
  type ListenerPageOptions,
  type ListenerWhere,
  PAGE_SHAPE,
  whereSql,
} from './saved/where';
import type { Reencryption } from './secrets/reencryption';
import { ROTATE_SHAPE, type RotateOptions, type SecretRotation } from './secrets/rotation';

/** Fewer listeners leave PostgreSQL's statistics as good as they were. */
const ANALYSED_FROM = 5_000;

/** Stored listeners: `hooks.listeners`. */
export class Listeners {
  constructor(
    private readonly database: Database,
    private readonly rows: {
      readonly store: ListenerStore;
      readonly keys: KeyStore;
      readonly rotation: SecretRotation;
      readonly reencryption: Reencryption;
    },
    private readonly audience: Audience,
    private readonly saving: Saving,
    private readonly startedAt: () => Date,
    private readonly sendTest: (listener: Listener) => Promise<TestResult>,
  ) {}

  /** The start of `hooks.for(Person).listener(…)` and `hooks.listen(…)`. */
  build<Filter = AnyFilter>(
    of: Pick<ListenerDraft, 'hook' | 'pattern'>,
    target: string | ListenerOptions,
  ): ListenerBuilder<Filter> {
    return new ListenerBuilder(draftOf(of, target), (complete, options) =>
      this.#save(complete, options),
    );
  }

  /**
   * Saves all of them in one transaction, or none, and gives them in their order. Thousands that make our tables grow by a quarter end with
   * an `ANALYZE` of them, unless it joins a transaction of yours: run one after it then.
   */
  async saveMany(
    builders: Iterable<ListenerBuilder<never>>,
    given: SaveManyOptions = {},
  ): Promise<readonly Listener[]> {
    const options = checkedOptions(given, SAVE_MANY_SHAPE);
    checkArgument('builders', builders, BUILDERS);
    const listeners = await this.#inTransaction(options, (query) =>
      this.saving.all(query, builders, options.onProgress),
    );
    if (listeners.length >= ANALYSED_FROM && !options.manager)
      await this.rows.keys.analyse(this.database.query);
    return listeners;
  }

  /**
   * Makes the keys of all listeners anew, by which events find them, a thousand in a transaction; resolves with how many there are. For
   * after an upgrade that says so, or after the type of a column has changed. Matching is right before, during and after; only slower.
   */
  async reindex(options: ProgressOptions = {}): Promise<number> {
    const { onProgress } = checkedOptions(options, PROGRESS_SHAPE);
    const { keys } = this.rows;
    let done = 0;
    let page = await this.database.transaction((query) => keys.rekeyPage(query, null));
    while (page) {
      const { last, count } = page;
      done += count;
      onProgress?.(done);
      page = await this.database.transaction((query) => keys.rekeyPage(query, last));
    }
    await this.database.transaction((query) => keys.dropUnusedPlans(query));
    await keys.analyse(this.database.query);
    return done;
  }

  /** The listeners that are told of an event: of a stored one by its id, or of one that could be. */
  matching(event: HookEvent | string): Promise<readonly Listener[]> {
    return this.audience.of(event);
  }

  /** Why a listener gets an event, or why it does not. Rejects with `EVENT_NOT_FOUND` and `LISTENER_NOT_FOUND` for unknown ids. */
  explain(event: HookEvent | string, listener: Listener | string): Promise<Explanation> {
    return this.audience.explain(event, listener);
  }

  /**
   * Sends a sample event to a listener at once, active or not, and resolves with what came of it: header `Hook-Test: 1`, else signed and
   * sent like any other. Nothing is stored, nothing retried. Rejects with `LISTENER_NOT_FOUND`.
   */
  async test(id: string): Promise<TestResult> {
    const listener = await this.get(id);
    if (!listener) throw unknownListener(id);
    return this.sendTest(listener);
  }

  /**
   * The listeners of which all this is true, oldest first. `owner: null` finds those without an owner. Rejects with `OPTION_INVALID`, also
   * for a member that is `undefined`: a variable that was not set must not find the listeners of every owner.
   */
  async find(where: ListenerWhere = {}): Promise<readonly Listener[]> {
    const { sql, parameters } = whereSql(checkedWhere(where));
    const found = await this.rows.store.find(this.database.query, sql, parameters);
    return found.map(({ listener }) => listener);
  }

  /** The same listeners in pages, newest first. Rejects with `OPTION_INVALID`. */
  async page(where: ListenerWhere = {}, options: ListenerPageOptions = {}): Promise<ListenerPage> {
    const { limit = LISTENER_PAGE_DEFAULTS.limit, cursor } = checkedOptions(options, PAGE_SHAPE);
    const { sql, parameters } = whereSql(checkedWhere(where), cursor);
    const { query } = this.database;
    const order = `ORDER BY l.created_at DESC, l.id DESC LIMIT ${limit + 1}`;
    const found = await this.rows.store.find(query, sql, parameters, order);
    const items = found.slice(0, limit).map(({ listener }) => listener);
    const last = found.length > limit ? items.at(-1) : undefined;
    return { items, nextCursor: last ? await this.rows.store.cursorAfter(query, last) : null };
  }

  /** Null where there is none. */
  async get(id: string): Promise<Listener | null> {
    return (await this.rows.store.one(this.database.query, id))?.listener ?? null;
  }

  /** Changes a listener, checked as a whole. Rejects as `save` does, and with `LISTENER_NOT_FOUND`. */
  async update(id: string, changes: ListenerChanges): Promise<Listener> {
    checkArgument('changes', changes, OPTIONS);
    return this.database.transaction(async (query) => {
      const stored = await this.rows.store.locked(query, id);
      if (!stored) throw unknownListener(id);
      const changed = this.saving.checked(changedDraft(stored, changes));
      if (!(await this.rows.store.replace(query, stored, changed)))
        throw new ListenerInvalidError({ url: ['another listener is the same already'] });
      return ((await this.rows.store.one(query, id)) as StoredListener).listener;
    });
  }

  /**
   * Gives a listener a new secret and resolves with the listener and that `secret`. For `graceMs`, by the database's clock, requests are signed
   * with the old one too: `webhook-signature` holds both, `Hook-HMAC-Previous` is of the old one. A second rotation within that time
   * ends it for the oldest. Rejects with `LISTENER_NOT_FOUND`, `LISTENER_INVALID` for a secret that cannot be, and `OPTION_INVALID`.
   */
  async rotateSecret(id: string, given: RotateOptions = {}): Promise<Listener> {
    const options = checkedOptions(given, ROTATE_SHAPE);
    const { store, rotation } = this.rows;
    return this.database.transaction(async (query) => {
      const stored = await store.locked(query, id);
      if (!stored) throw unknownListener(id);
      const secret = await rotation.rotate(query, stored, options);
      const { listener } = (await store.one(query, id)) as StoredListener;
      return { ...listener, secret };
    });
  }

  /**
   * Seals with the newest key whatever older ones sealed, or none: for after a new key was put first in `encryptionKeys` of every
   * process, and before the old one is taken away. Pages of a thousand; may be broken off and called again, and saves go on beside it.
   * Resolves with how many listeners and waiting events it sealed. Rejects with `OPTION_INVALID` without keys.
   */
  async reencrypt(options: ProgressOptions = {}): Promise<number> {
    const { onProgress } = checkedOptions(options, PROGRESS_SHAPE);
    return this.rows.reencryption.run(onProgress);
  }

  /** Deactivates: events are no longer matched, and deliveries that are planned end `skipped`. */
  async pause(id: string, why: string): Promise<void> {
    checkArgument('why', why, TEXT);
    if (!isUuid(id)) throw unknownListener(id);
    const where = { where: 'l.id = $2', parameters: [id] };
    const count = await this.rows.store.deactivate(this.database.query, storable(why), where);
    if (count === 0) throw unknownListener(id);
  }

  /** Activates again and forgets past failures. */
  async resume(id: string): Promise<void> {
    const isKnown =
      isUuid(id) &&
      (await this.database.transaction((query) => this.rows.store.activate(query, id)));
    if (!isKnown) throw unknownListener(id);
  }

  /** False where there was none. */
  async remove(id: string): Promise<boolean> {
    return isUuid(id) && this.rows.store.remove(this.database.query, id);
  }

  /** Listeners that code declared once, but not since this process attached: candidates for removal. */
  async stale(): Promise<readonly Listener[]> {
    const found = await this.rows.store.find(this.database.query, 'l.declared_at < $1', [
      this.startedAt(),
    ]);
    return found.map(({ listener }) => listener);
  }

  async #save(draft: ListenerDraft, options: SaveOptions): Promise<Listener> {
    return this.#inTransaction(options, (query) => this.saving.one(query, draft));
  }

  #inTransaction<T>({ manager }: SaveOptions, work: (query: Query) => Promise<T>): Promise<T> {
    const runner = manager?.queryRunner;
    if (!runner) return this.database.transaction(work);
    return work((sql, parameters) => runOn(runner, sql, parameters));
  }
}
