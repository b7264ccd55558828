import { setImmediate as nextTurn } from 'node:timers/promises';
import { ListenerExistsError, ListenerInvalidError } from '../../errors/listener-errors';
import type { HookCatalog } from '../../hook/catalog';
import { checkArgument } from '../../options/checked';
import { LIMIT_DEFAULTS } from '../../options/delivery-defaults';
import { type DeliveryLimits, limitProblems, limitsWith } from '../../options/delivery-limits';
import { FUNCTION, isOptions, type Rule, type Shape } from '../../options/rules';
import type { Policies } from '../../recipient/policies';
import type { KeyRing } from '../../signing/key-ring';
import type { ListenerValues } from '../../store/listener-columns';
import type { Store } from '../../store/store';
import {
  type ListenerDraft,
  SAVE_DEFAULTS,
  SAVE_SHAPE,
  type SaveOptions,
} from '../declared/builder';
import type { Listener } from '../declared/listener';
import { parseTarget } from '../declared/target';
import { createdListener, type Saved } from './listener-row';
import { type NormalListener, normalise } from './normal';
import { checkOnly } from './only-listener';
import type { SavedListeners } from './saved-listeners';
import type { UnlikelyValues } from './unlikely';

/** Options of `hooks.listeners.saveMany()`. */
export interface SaveManyOptions extends Pick<SaveOptions, 'manager'> {
  /** Called after each thousand listeners with the number that was saved so far. A promise that it returns is awaited. */
  readonly onProgress?: (saved: number) => unknown;
}

export type ProgressOptions = Pick<SaveManyOptions, 'onProgress'>;

export const PROGRESS_SHAPE: Shape<ProgressOptions> = { onProgress: FUNCTION };
export const SAVE_MANY_SHAPE: Shape<SaveManyOptions> = {
  manager: SAVE_SHAPE.manager,
  ...PROGRESS_SHAPE,
};

export const BUILDERS: Rule = {
  accepts: (value) => typeof value === 'object' && value !== null && Symbol.iterator in value,
  expected: 'a list of what hooks.for(…).listener(…) and hooks.listen(…) return',
};

const BUILDER: Rule = {
  accepts: (value) => typeof value === 'object' && value !== null && 'draft' in value,
  expected: BUILDERS.expected,
};

/** Drafts are public, and may be made without a builder. */
const DRAFT: Rule = {
  accepts: (value) =>
    isOptions(value) &&
    isOptions(value.options) &&
    [value.operations, value.match].every((list) => list === undefined || Array.isArray(list)),
  expected: BUILDERS.expected,
};

/** Listeners that one statement saves. */
const BATCH = 1_000;
/** Drafts that are checked before other work gets the event loop. */
const CHECKED_AT_ONCE = 50;

/** The builder of a listener. */
interface Drafted {
  readonly draft: ListenerDraft;
}

/** What drafts are checked with. */
export interface SavingParts {
  readonly catalog: HookCatalog;
  readonly policies: Policies;
  readonly unlikely: UnlikelyValues;
  /** The attachment's. */
  readonly limits?: DeliveryLimits;
  /** The attachment's. Left out: none. */
  readonly keyRing?: Pick<KeyRing, 'isEmpty'>;
}

/** Checks drafts and stores them, one or many. */
export class Saving {
  constructor(
    private readonly saved: SavedListeners,
    private readonly parts: SavingParts,
  ) {}

  /** Throws the errors that `ListenerBuilder.save` names. */
  checked(draft: ListenerDraft): NormalListener {
    checkArgument('draft', draft, DRAFT);
    const { catalog, policies, unlikely } = this.parts;
    const listener = normalise(draft, catalog, policies.of(draft.hook));
    if (!draft.keepsDelivery) this.#checkLimits(draft);
    if (!draft.keepsSignature) this.#checkSignature(listener.row);
    unlikely.check(draft);
    return listener;
  }

  /** Throws `LISTENER_INVALID`. */
  #checkLimits({ hook, options: { delivery } }: ListenerDraft): void {
    const ofHook =
      hook === null ? undefined : this.parts.catalog.find(hook)?.declared.delivery?.limits;
    const problems = limitProblems(
      delivery ?? {},
      limitsWith(this.parts.limits ?? LIMIT_DEFAULTS, ofHook),
    );
    if (problems.length === 0) return;
    const reasons = problems.map(({ option, text }) => `${option} ${text}`);
    throw new ListenerInvalidError({ delivery: reasons });
  }

  /** Throws `LISTENER_INVALID` if this attachment could not sign as the listener wants. */
  #checkSignature({ target, signature }: ListenerValues): void {
    if (signature === 'v1' || parseTarget(target).kind === 'handler') return;
    if (this.parts.keyRing?.isEmpty === false) return;
    const reason = `signature must be 'v1': attach() was given no signingKeys, which '${signature}' needs`;
    throw new ListenerInvalidError({ signature: [reason] });
  }

  async one(
    store: Store,
    draft: ListenerDraft,
    { ifExists = SAVE_DEFAULTS.ifExists }: Pick<SaveOptions, 'ifExists'>,
  ): Promise<Listener> {
    const checked = this.checked(draft);
    const known = ifExists === 'reject' ? await store.listeners.idOf(checked.identity) : undefined;
    if (known !== undefined) throw new ListenerExistsError(known);
    const [saved] = await this.#batch(store, [checked]);
    const listener = saved as Listener;
    // Another process may have created it meanwhile; only its creation returns the secret.
    if (ifExists === 'reject' && listener.secret === undefined)
      throw new ListenerExistsError(listener.id);
    return listener;
  }

  /** Returns the listeners in the order of their builders. `onProgress` is called with the number that is stored. */
  async all(
    store: Store,
    builders: Iterable<Drafted>,
    onProgress?: (saved: number) => unknown,
  ): Promise<readonly Listener[]> {
    const listeners: Listener[] = [];
    let saving: Promise<readonly Listener[]> = Promise.resolve([]);
    try {
      for (const batch of batches(builders)) {
        const checked = await this.#checked(batch);
        listeners.push(...(await saving));
        if (listeners.length > 0) await onProgress?.(listeners.length);
        saving = this.#batch(store, checked);
        // It is awaited in the next round or below; an error is thrown there.
        saving.catch(() => undefined);
      }
      listeners.push(...(await saving));
      await onProgress?.(listeners.length);
      return listeners;
    } finally {
      // The transaction ends after this, so no statement may still run in it.
      await saving.catch(() => undefined);
    }
  }

  /** Checks a few at a time, while the database stores the previous batch. */
  async #checked(drafts: readonly ListenerDraft[]): Promise<readonly NormalListener[]> {
    const checked: NormalListener[] = [];
    for (let at = 0; at < drafts.length; at += CHECKED_AT_ONCE) {
      for (const draft of drafts.slice(at, at + CHECKED_AT_ONCE)) checked.push(this.checked(draft));
      await nextTurn();
    }
    return checked;
  }

  async #batch(store: Store, listeners: readonly NormalListener[]): Promise<readonly Listener[]> {
    await checkOnly(store, this.saved, listeners);
    const saved = await this.saved.upsert(store, listeners);
    // Another process may have saved another one meanwhile.
    await checkOnly(store, this.saved, listeners);
    const stored = await this.#stored(store, saved);
    const byIdentity = new Map(saved.map(({ id, listener }) => [listener.identity, id]));
    return listeners.flatMap(({ identity }) => stored.get(byIdentity.get(identity) ?? '') ?? []);
  }

  /** Listeners that were created are known already; those that were updated are read. */
  async #stored(store: Store, saved: readonly Saved[]): Promise<Map<string, Listener>> {
    const created = saved.filter((one) => one.created);
    const known = new Map(created.map((one) => [one.id, createdListener(one)]));
    const others = saved.filter((one) => !one.created).map(({ id }) => id);
    const stored = others.length === 0 ? [] : await this.saved.find(store, { ids: others });
    for (const { listener } of stored) {
      // Created and updated in one batch, with different columns named: the stored row is right, and its secret is known.
      const secret = known.get(listener.id)?.secret;
      known.set(listener.id, secret === undefined ? listener : { ...listener, secret });
    }
    return known;
  }
}

function* batches(builders: Iterable<Drafted>): Generator<readonly ListenerDraft[]> {
  let batch: ListenerDraft[] = [];
  for (const builder of builders) {
    checkArgument('builders', builder, BUILDER);
    batch.push(builder.draft);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
