import type { QueryRunner } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { storable } from '../base/json';
import { ListenerInvalidError } from '../errors/listener-errors';
import type { HookCatalog } from '../hook/catalog';
import type { HookEvent } from '../hook/event';
import type { AnyFilter } from '../hook/filter';
import type { BackfillOptions, BulkResult } from '../options/bulk';
import { checkArgument, checkedOptions } from '../options/checked';
import type { ListenerTarget } from '../options/listener';
import { CHANGES, FUNCTION, OPTIONS, TEXT } from '../options/rules';
import type { Store } from '../store/store';
import {
  type DraftSaver,
  draftOf,
  ListenerBuilder,
  type ListenerDraft,
  type SaveOptions,
} from './declared/builder';
import type { Listener } from './declared/listener';
import type { Tester, TestResult } from './declared/test-result';
import type { KeyAssignment } from './keys/key-assignment';
import type { Audience, Explanation } from './matching/audience';
import { changedDraft, type ListenerChanges } from './saved/changes';
import type { StoredListener } from './saved/listener-row';
import { type SavedListeners, unknownListener } from './saved/saved-listeners';
import {
  BUILDERS,
  PROGRESS_SHAPE,
  type ProgressOptions,
  SAVE_MANY_SHAPE,
  type SaveManyOptions,
  type Saving,
} from './saved/saving';
import {
  checkedWhere,
  LISTENER_PAGE_DEFAULTS,
  type ListenerPage,
  type ListenerPageOptions,
  type ListenerWhere,
  PAGE_SHAPE,
} from './saved/where';
import type { Reencryption } from './secrets/reencryption';
import { ROTATE_SHAPE, type RotateOptions, type SecretRotation } from './secrets/rotation';
import { type StaleListener, staleListeners } from './stale';

/** This process as one that is attached. */
export interface AttachedProcess {
  /** When it attached, by the clock of the database. */
  readonly startedAt: Date;
}

/** What sends the rows that exist now to a listener. */
export interface Backfiller {
  run(id: string, options: BackfillOptions): Promise<BulkResult>;
}

/** What the methods of `Listeners` are made of. */
export interface ListenersParts {
  readonly catalog: HookCatalog;
  /** The query runner of the ambient transaction, if there is one. */
  readonly ambient: () => QueryRunner | undefined;
  readonly saved: SavedListeners;
  readonly saving: Saving;
  readonly keys: KeyAssignment;
  readonly audience: Audience;
  readonly rotation: SecretRotation;
  readonly reencryption: Reencryption;
  readonly backfill: Backfiller;
}

/** Fewer new listeners than this hardly change PostgreSQL's statistics. */
const ANALYSED_FROM = 5_000;

/** Stored listeners: `hooks.listeners`. */
export class Listeners implements DraftSaver {
  constructor(
    private readonly store: Store,
    private readonly parts: ListenersParts,
    private readonly tester: Tester,
    private readonly process: AttachedProcess,
  ) {}

  /** The start of `hooks.for(Person).listener(…)` and `hooks.listen(…)`. */
  build<Filter = AnyFilter>(
    of: Pick<ListenerDraft, 'hook' | 'pattern'>,
    target: ListenerTarget,
  ): ListenerBuilder<Filter> {
    return new ListenerBuilder(draftOf(of, target), this);
  }

  /** What `save()` of a builder does. */
  async save(draft: ListenerDraft, options: SaveOptions): Promise<Listener> {
    return this.#inTransaction(options, (store) => this.parts.saving.one(store, draft, options));
  }

  /**
   * Saves all listeners in one transaction, or none. Resolves with them in the given order. After 5,000 or more, runs `ANALYZE` if our
   * tables have grown by a quarter. In a transaction of `manager` it does not, so run `ANALYZE` yourself after that.
   *
   * @example
   * const urls = ['https://a.example.com', 'https://b.example.com'];
   * await hooks.listeners.saveMany(urls.map((url) => hooks.for(Person).listener(url)));
   */
  async saveMany(
    builders: Iterable<ListenerBuilder<never>>,
    given: SaveManyOptions = {},
  ): Promise<readonly Listener[]> {
    const options = checkedOptions(given, SAVE_MANY_SHAPE);
    checkArgument('builders', builders, BUILDERS);
    const { saving } = this.parts;
    const listeners = await this.#inTransaction(options, (store) =>
      saving.all(store, builders, options.onProgress),
    );
    if (listeners.length >= ANALYSED_FROM && !options.manager) await this.store.keys.analyse();
    return listeners;
  }

  /**
   * Makes the match keys of all listeners again, a thousand in each transaction. Resolves with the number of listeners. Run it after an
   * upgrade that asks for it, or after the type of a column has changed. Until then events match the same listeners, but slower.
   *
   * @example
   * const count = await hooks.listeners.reindex({ onProgress: (done) => console.log(done) });
   */
  async reindex(options: ProgressOptions = {}): Promise<number> {
    const { onProgress } = checkedOptions(options, PROGRESS_SHAPE);
    return this.parts.keys.reindex(this.store, onProgress);
  }

  /**
   * The listeners that get an event: a stored one, given by its id, or one that you make up.
   *
   * @example
   * const { items } = await hooks.deliveries.find({ status: 'failed' });
   * for (const { eventId } of items) console.log(await hooks.listeners.matching(eventId));
   */
  matching(event: HookEvent | string): Promise<readonly Listener[]> {
    return this.parts.audience.of(event);
  }

  /**
   * Why a listener gets an event, or why it does not. Of a builder, it answers for the listener that `save()` would store. Rejects with
   * `EVENT_NOT_FOUND` and `LISTENER_NOT_FOUND`, and for a builder like `save`.
   *
   * @example
   * const { matches, reasons } = await hooks.listeners.explain('an event id', 'a listener id');
   */
  async explain(
    event: HookEvent | string,
    listener: Listener | string | ListenerBuilder<never>,
  ): Promise<Explanation> {
    const { audience, saving } = this.parts;
    if (!(listener instanceof ListenerBuilder)) return audience.explain(event, listener);
    const { row, match } = saving.checked(listener.draft);
    return audience.explainUnsaved(event, { ...row, match, select: row.selected });
  }

  /**
   * Sends a sample event to a listener at once, active or not, and resolves with the outcome. The request has the header `Hook-Test: 1`
   * and is otherwise signed and sent like any other. Nothing is stored or retried. Rejects with `LISTENER_NOT_FOUND`.
   *
   * @example
   * const { outcome, httpStatus } = await hooks.listeners.test('a listener id');
   */
  async test(id: string): Promise<TestResult> {
    const listener = await this.get(id);
    if (!listener) throw unknownListener(id);
    return this.tester.test(listener);
  }

  /**
   * Sends the rows that exist now and match the listener's conditions to it, as events `<hook>.read`, in batches of one transaction each.
   * Rejects with `LISTENER_NOT_FOUND`, `BACKFILL_REFUSED` and `OPTION_INVALID`.
   *
   * @example
   * const { count, cursor } = await hooks.listeners.backfill('a listener id', { maxPerSecond: 100 });
   */
  async backfill(id: string, options: BackfillOptions = {}): Promise<BulkResult> {
    return this.parts.backfill.run(id, options);
  }

  /**
   * Finds listeners, the oldest first. `owner: null` finds those without an owner. Rejects with `OPTION_INVALID`, also for a member that is
   * `undefined`: a variable that was not set must not find the listeners of all owners.
   *
   * @example
   * const paused = await hooks.listeners.find({ owner: 'acme', active: false });
   */
  async find(where: ListenerWhere = {}): Promise<readonly Listener[]> {
    const found = await this.parts.saved.find(this.store, checkedWhere(where));
    return found.map(({ listener }) => listener);
  }

  /**
   * The same listeners in pages, the newest first. Rejects with `OPTION_INVALID`.
   *
   * @example
   * const { items, nextCursor } = await hooks.listeners.page({ owner: 'acme' }, { limit: 20 });
   */
  async page(where: ListenerWhere = {}, options: ListenerPageOptions = {}): Promise<ListenerPage> {
    const { limit = LISTENER_PAGE_DEFAULTS.limit, cursor } = checkedOptions(options, PAGE_SHAPE);
    const { saved } = this.parts;
    const found = await saved.page(this.store, checkedWhere(where), { limit: limit + 1, cursor });
    const items = found.slice(0, limit).map(({ listener }) => listener);
    const last = found.length > limit ? items.at(-1) : undefined;
    return { items, nextCursor: last ? await this.store.listeners.cursorAfter(last) : null };
  }

  /**
   * One listener; null if it does not exist.
   *
   * @example
   * const listener = await hooks.listeners.get('a listener id');
   */
  async get(id: string): Promise<Listener | null> {
    return (await this.parts.saved.one(this.store, id))?.listener ?? null;
  }

  /**
   * Changes a listener and checks it as a whole. A function gets the listener as it is, locked, and returns the changes; if it throws,
   * nothing is changed. Rejects like `save`, with `LISTENER_NOT_FOUND`, and with what the function throws.
   *
   * @example
   * await hooks.listeners.update('a listener id', { url: 'https://example.com/new', on: ['insert'] });
   */
  async update(
    id: string,
    changes: ListenerChanges | ((current: Listener) => ListenerChanges),
  ): Promise<Listener> {
    checkArgument('changes', changes, CHANGES);
    const { saved, saving } = this.parts;
    return this.store.transaction(async (store) => {
      const stored = await saved.locked(store, id);
      if (!stored) throw unknownListener(id);
      const wanted = typeof changes === 'function' ? changes(stored.listener) : changes;
      checkArgument('changes', wanted, OPTIONS);
      const changed = saving.checked(changedDraft(stored, wanted));
      if (!(await saved.replace(store, stored, changed)))
        throw new ListenerInvalidError({ url: ['an identical listener exists already'] });
      return ((await saved.one(store, id)) as StoredListener).listener;
    });
  }

  /**
   * Gives a listener a new secret and resolves with the listener and that `secret`. For `graceMs`, by the database's clock, requests are
   * signed with both secrets: `webhook-signature` holds two signatures, and `Hook-HMAC-Previous` the one of the old secret. Another
   * rotation within that time ends it for the oldest secret. Rejects with `LISTENER_NOT_FOUND`, `OPTION_INVALID`, and `LISTENER_INVALID`
   * for an invalid secret.
   *
   * @example
   * const { secret } = await hooks.listeners.rotateSecret('a listener id', { graceMs: 3_600_000 });
   */
  async rotateSecret(id: string, given: RotateOptions = {}): Promise<Listener> {
    const options = checkedOptions(given, ROTATE_SHAPE);
    return this.store.transaction((store) => this.parts.rotation.rotate(store, id, options));
  }

  /**
   * Encrypts with the newest key everything that is encrypted with an older one, or not at all. Run it after a new key was put first in
   * `encryptionKeys` of each process, and before the old one is removed. It works in pages of a thousand, beside saves; it can be stopped
   * and run again. Resolves with the number of listeners and waiting events that it encrypted. Rejects with `OPTION_INVALID` without keys.
   *
   * @example
   * const count = await hooks.listeners.reencrypt();
   */
  async reencrypt(options: ProgressOptions = {}): Promise<number> {
    const { onProgress } = checkedOptions(options, PROGRESS_SHAPE);
    return this.parts.reencryption.run(onProgress);
  }

  /**
   * Deactivates a listener: events no longer match it, and its planned deliveries end as `skipped`. Rejects with
   * `LISTENER_NOT_FOUND`.
   *
   * @example
   * await hooks.listeners.pause('a listener id', 'the customer asked for it');
   */
  async pause(id: string, why: string): Promise<void> {
    checkArgument('why', why, TEXT);
    if (!isUuid(id)) throw unknownListener(id);
    const paused = await this.store.listeners.deactivate([{ id, why: storable(why) }], {
      onlyActive: false,
    });
    if (paused.length === 0) throw unknownListener(id);
  }

  /**
   * Activates a listener again and clears its failures. Rejects with `LISTENER_NOT_FOUND`.
   *
   * @example
   * await hooks.listeners.resume('a listener id');
   */
  async resume(id: string): Promise<void> {
    const isKnown =
      isUuid(id) && (await this.store.transaction((store) => this.parts.saved.activate(store, id)));
    if (!isKnown) throw unknownListener(id);
  }

  /**
   * Removes a listener. `check` gets it before, locked; if it throws, the listener stays. Resolves with false if it did not exist.
   *
   * @example
   * const wasRemoved = await hooks.listeners.remove('a listener id');
   */
  async remove(id: string, check: (current: Listener) => void = () => undefined): Promise<boolean> {
    checkArgument('check', check, FUNCTION);
    return this.store.transaction(async (store) => {
      const stored = await this.parts.saved.locked(store, id);
      if (!stored) return false;
      check(stored.listener);
      return store.listeners.remove(id);
    });
  }

  /**
   * Listeners that may be of no use any more, each with the reason: code saved it once, but not since this process attached; or it has a
   * condition on a field that its hook does not provide in this process. They stay active, because another release of the application may
   * still need them. Pause or remove those that none needs.
   *
   * @example
   * for (const { id } of await hooks.listeners.stale()) await hooks.listeners.remove(id);
   */
  async stale(): Promise<readonly StaleListener[]> {
    return staleListeners(this.store, this.parts, this.process.startedAt);
  }

  #inTransaction<T>({ manager }: SaveOptions, work: (store: Store) => Promise<T>): Promise<T> {
    const runner = manager?.queryRunner ?? this.parts.ambient();
    return runner ? work(this.store.joining(runner)) : this.store.transaction(work);
  }
}
