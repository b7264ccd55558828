import { setImmediate as nextTurn } from 'node:timers/promises';
import type { HookCatalog } from '../../hook/catalog';
import { checkArgument } from '../../options/checked';
import { FUNCTION, type Rule, type Shape } from '../../options/rules';
import type { Policies } from '../../recipient/policies';
import type { Query } from '../../store/database';
import { SAVE_SHAPE, type SaveOptions } from '../declared/builder';
import type { ListenerDraft } from '../declared/draft';
import type { Listener } from '../declared/listener';
import { createdListener, type Saved } from './listener-row';
import { type NormalListener, normalise } from './normal';
import type { ListenerStore } from './store';

export interface SaveManyOptions extends SaveOptions {
  /** Called after every thousand listeners with how many were saved so far. */
  readonly onProgress?: (saved: number) => void;
}

export type ProgressOptions = Pick<SaveManyOptions, 'onProgress'>;

export const PROGRESS_SHAPE: Shape<ProgressOptions> = { onProgress: FUNCTION };
export const SAVE_MANY_SHAPE: Shape<SaveManyOptions> = { ...SAVE_SHAPE, ...PROGRESS_SHAPE };

export const BUILDERS: Rule = {
  accepts: (value) => typeof value === 'object' && value !== null && Symbol.iterator in value,
  expected: 'a list of what hooks.for(…).listener(…) and hooks.listen(…) return',
};

const BUILDER: Rule = {
  accepts: (value) => typeof value === 'object' && value !== null && 'draft' in value,
  expected: BUILDERS.expected,
};

/** Listeners saved with one statement. */
const BATCH = 1_000;
/** Drafts checked before the event loop has its turn. */
const CHECKED_AT_ONCE = 50;

/** A listener in the making. */
interface Drafted {
  readonly draft: ListenerDraft;
}

/** Checks drafts and stores them, one or very many. */
export class Saving {
  constructor(
    private readonly store: ListenerStore,
    private readonly catalog: HookCatalog,
    private readonly policies: Policies,
  ) {}

  checked(draft: ListenerDraft): NormalListener {
    return normalise(draft, this.catalog, this.policies.of(draft.hook));
  }

  async one(query: Query, draft: ListenerDraft): Promise<Listener> {
    const [listener] = await this.#batch(query, [this.checked(draft)]);
    return listener as Listener;
  }

  /** In their order. `onProgress` hears how many are stored. */
  async all(
    query: Query,
    builders: Iterable<Drafted>,
    onProgress?: (saved: number) => void,
  ): Promise<readonly Listener[]> {
    const listeners: Listener[] = [];
    let saving: Promise<readonly Listener[]> = Promise.resolve([]);
    try {
      for (const batch of batches(builders)) {
        const checked = await this.#checked(batch);
        listeners.push(...(await saving));
        if (listeners.length > 0) onProgress?.(listeners.length);
        saving = this.#batch(query, checked);
        // Awaited in the next round, or below.
        saving.catch(() => undefined);
      }
      listeners.push(...(await saving));
      onProgress?.(listeners.length);
      return listeners;
    } finally {
      // The transaction ends after this: nothing of it may be under way.
      await saving.catch(() => undefined);
    }
  }

  /** Checks a few at a time, while the database stores the batch before. */
  async #checked(drafts: readonly ListenerDraft[]): Promise<readonly NormalListener[]> {
    const checked: NormalListener[] = [];
    for (let at = 0; at < drafts.length; at += CHECKED_AT_ONCE) {
      for (const draft of drafts.slice(at, at + CHECKED_AT_ONCE)) checked.push(this.checked(draft));
      await nextTurn();
    }
    return checked;
  }

  async #batch(query: Query, listeners: readonly NormalListener[]): Promise<readonly Listener[]> {
    const saved = await this.store.upsert(query, listeners);
    const stored = await this.#stored(query, saved);
    const byIdentity = new Map(saved.map(({ id, listener }) => [listener.identity, id]));
    return listeners.flatMap(({ identity }) => stored.get(byIdentity.get(identity) ?? '') ?? []);
  }

  /** What was created is known; what was updated is read. */
  async #stored(query: Query, saved: readonly Saved[]): Promise<Map<string, Listener>> {
    const created = saved.filter((one) => one.created);
    const known = new Map(created.map((one) => [one.id, createdListener(one)]));
    const others = saved.filter((one) => !one.created).map(({ id }) => id);
    const stored =
      others.length === 0 ? [] : await this.store.find(query, 'l.id = ANY($1)', [others]);
    for (const { listener } of stored) {
      // Saved twice at once, naming different things: what is stored is right, the secret was told.
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
