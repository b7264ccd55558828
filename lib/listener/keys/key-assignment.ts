import type { HookCatalog } from '../../hook/catalog';
import { conditionField } from '../../hook/event-context';
import type { Hook } from '../../hook/hook';
import type { FieldKind } from '../../match/field-kind';
import type { Store } from '../../store/store';
import type { KeyedEvents } from '../declared/listener';
import { hooksOf } from '../declared/pattern';
import { filterShapes, type KeyChoice, keyChoices, takeRarest } from './key-choice';
import { type KeyShape, keyPrefix, keyText, shapeName } from './match-key';
import { scopeOf } from './scope';

/** A key is counted up to this number. */
const MAX_COUNT = 1_000;
/** Choices with more keys than this are not counted. */
const MAX_COUNTED_KEYS = 32;
/** Listeners that get new keys in one transaction. */
const REKEYED_AT_ONCE = 1_000;

/** Gives stored listeners their match keys. They are chosen when a listener is saved, so that an event finds few that do not want it. */
export class KeyAssignment {
  constructor(private readonly catalog: HookCatalog) {}

  /**
   * Chooses the keys of each listener, those that the fewest others have, and stores their shapes: a process that matches learns from
   * them what to look for. The shapes are locked until the transaction ends, so that no reindex deletes one meanwhile.
   */
  async choose(
    store: Store,
    listeners: readonly KeyedEvents[],
  ): Promise<readonly (readonly string[])[]> {
    const kinds = this.#kinds();
    const prefixes = new Map<string, string>();
    const choices = listeners.map((listener) => keyChoices(listener, kinds(listener), prefixes));
    const counts = await store.keys.counts(keysToCount(choices), MAX_COUNT);
    const chosen = choices.map((some) => takeRarest(some, counts));
    const shapes = new Map<string, KeyShape>();
    const filtered = listeners.flatMap(filterShapes);
    for (const shape of [...chosen.flatMap((choice) => choice.shapes), ...filtered])
      shapes.set(shapeName(shape), shape);
    await store.keys.holdShapes([...shapes.values()]);
    return chosen.map(({ keys }) => keys);
  }

  /** Replaces the keys of these listeners. The rows are locked. */
  async rekey(store: Store, ids: readonly string[]): Promise<void> {
    // The columns hold only what validation accepted.
    const rows = (await store.keys.lockWanted(ids)) as readonly (KeyedEvents & { id: string })[];
    if (rows.length === 0) return;
    const keys = await this.choose(store, rows);
    await store.keys.replace(
      rows.map(({ id, match }, n) => ({
        id,
        keys: keys[n] ?? [],
        filters: JSON.stringify(match),
      })),
    );
  }

  /** Replaces the keys of all listeners, a page in each transaction. Returns the number of listeners. */
  async reindex(store: Store, onProgress?: (done: number) => unknown): Promise<number> {
    let done = 0;
    let page = await store.transaction((bound) => this.#rekeyPage(bound, null));
    while (page) {
      const { last, count } = page;
      done += count;
      await onProgress?.(done);
      page = await store.transaction((bound) => this.#rekeyPage(bound, last));
    }
    await store.transaction((bound) => this.#dropUnusedShapes(bound));
    await store.keys.analyse();
    return done;
  }

  /** Replaces the keys of one page of listeners, those after an id. Returns the last id and the count; null after the last page. */
  async #rekeyPage(
    store: Store,
    after: string | null,
  ): Promise<{ readonly last: string; readonly count: number } | null> {
    // Locked before their conditions are read: a statement that waits for a lock still sees the conditions of before it waited.
    const ids = await store.listeners.lockPage(after, REKEYED_AT_ONCE);
    const last = ids.at(-1);
    if (last === undefined) return null;
    await this.rekey(store, ids);
    return { last, count: ids.length };
  }

  /**
   * Deletes key shapes that no key has. They are locked first and checked after that: a transaction that relied on one has then
   * committed, and its keys are visible. A transaction that wants to rely on one waits, and stores it again.
   */
  async #dropUnusedShapes(store: Store): Promise<void> {
    const shapes = await store.keys.lockShapes();
    await store.keys.deleteUnusedShapes(
      shapes.map((shape) => ({ id: shape.id, low: keyText(keyPrefix(shape as KeyShape), 0) })),
    );
  }

  /** Kinds of a field in the hooks of a listener. The hooks of each scope are looked up once. */
  #kinds(): (listener: KeyedEvents) => (field: string) => readonly FieldKind[] {
    const { catalog } = this;
    const hooks = new Map<string, readonly Hook[]>();
    return (listener) => {
      const scope = scopeOf(listener);
      const own = hooks.get(scope) ?? hooksOf(listener, catalog);
      hooks.set(scope, own);
      return (field) => own.flatMap((hook) => conditionField(hook, field)?.kind ?? []);
    };
  }
}

/** Keys of listeners that have several choices. */
function keysToCount(choices: readonly (readonly KeyChoice[])[]): readonly string[] {
  const undecided = choices.filter((some) => some.length > 1).flat();
  const counted = undecided.flatMap(({ keys }) => (keys.length <= MAX_COUNTED_KEYS ? keys : []));
  return [...new Set(counted)];
}
