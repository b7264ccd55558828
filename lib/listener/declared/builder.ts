import type { EntityManager } from 'typeorm';
import type { AnyFilter } from '../../hook/filter';
import type { Operation } from '../../hook/operation';
import { checkedOptions } from '../../options/checked';
import type { ListenerOptions } from '../../options/listener';
import { MANAGER, type Shape } from '../../options/rules';
import type { ListenerDraft } from './draft';
import type { Listener } from './listener';

export interface SaveOptions {
  /** Saves in the transaction of this manager. */
  readonly manager?: EntityManager;
}

export const SAVE_SHAPE: Shape<SaveOptions> = { manager: MANAGER };

type Save = (draft: ListenerDraft, options: SaveOptions) => Promise<Listener>;

/** A listener in the making. Nothing here throws: what is wrong rejects `save()`. */
export class ListenerBuilder<Filter = AnyFilter> {
  constructor(
    readonly draft: ListenerDraft,
    private readonly store: Save,
  ) {}

  /** Hear only events whose fields satisfy these conditions. Called again, conditions add up. */
  match(conditions: Filter): ListenerBuilder<Filter> {
    return this.#with({ match: [...(this.draft.match ?? []), conditions as AnyFilter] });
  }

  /** Hear only these operations; named none, it changes nothing. */
  on(...operations: readonly Operation[]): ListenerBuilder<Filter> {
    if (operations.length === 0) return this;
    return this.#with({ operations: [...(this.draft.operations ?? []), ...operations] });
  }

  /**
   * Creates the listener, or updates what was named of one that was saved before; saving twice is saving once. Only the save that
   * creates it returns the `secret`. Rejects with `LISTENER_INVALID`, `RECIPIENT_REFUSED`, `DIGEST_UNSUPPORTED`,
   * `FILTER_FIELD_NOT_PROVIDED`, `FILTER_OPERAND_INVALID`, `FILTER_REGEX_UNSUPPORTED`, `HOOK_UNKNOWN_OPERATION`,
   * `HOOK_HAS_NO_SENDER`.
   */
  async save(options: SaveOptions = {}): Promise<Listener> {
    return this.store(this.draft, checkedOptions(options, SAVE_SHAPE));
  }

  #with(said: Partial<ListenerDraft>): ListenerBuilder<Filter> {
    return new ListenerBuilder({ ...this.draft, ...said }, this.store);
  }
}

/** A draft of which nothing but the target was said. */
export function draftOf(
  of: Pick<ListenerDraft, 'hook' | 'pattern'>,
  target: string | ListenerOptions,
): ListenerDraft {
  return { ...of, options: asOptions(target), operations: undefined, match: undefined };
}

/**
 * What `listener(…)` takes, as options of their own: neither what they inherit nor what is changed later comes in behind the checks. What
 * is neither text nor options, say an unset variable, is refused as a URL.
 */
function asOptions(target: string | ListenerOptions): ListenerOptions {
  return typeof target === 'object' && target !== null ? { ...target } : { url: target };
}
