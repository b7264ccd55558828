import type { EntityManager } from 'typeorm';
import type { AnyFilter } from '../../hook/filter';
import type { Operation } from '../../hook/operation';
import type { Condition } from '../../match/matcher';
import { checkedOptions } from '../../options/checked';
import { HandlerRef } from '../../options/handler-ref';
import type { ListenerOptions, ListenerTarget } from '../../options/listener';
import { MANAGER, oneOf, type Shape } from '../../options/rules';
import type { Listener } from './listener';

/** Options of `save()` of a listener. */
export interface SaveOptions {
  /** Saves in the transaction of this manager. Left out: in the ambient transaction, if there is one. */
  readonly manager?: EntityManager;
  /** What happens if the listener exists already: it is updated, or `LISTENER_EXISTS` names its id. @defaultValue `'update'` */
  readonly ifExists?: 'update' | 'reject';
}

export const SAVE_DEFAULTS = { ifExists: 'update' } as const satisfies Omit<
  Required<SaveOptions>,
  'manager'
>;

export const SAVE_SHAPE: Shape<SaveOptions> = {
  manager: MANAGER,
  ifExists: oneOf('update', 'reject'),
};

/** What was declared about a listener. Nothing is checked yet; undefined means that nothing was declared. */
export interface ListenerDraft {
  /** Name of the hook; null if the listener has a pattern. */
  readonly hook: string | null;
  readonly pattern: string | null;
  readonly options: ListenerOptions;
  readonly operations: readonly Operation[] | undefined;
  /** One entry for each call of `match`; their conditions add up. */
  readonly match: readonly Readonly<Record<string, Condition>>[] | undefined;
  /** Its delivery options are stored already, and not limited again. */
  readonly keepsDelivery?: boolean;
  /** Its signature is stored already, so the process that changes other options needs no signing keys. */
  readonly keepsSignature?: boolean;
}

/** Saves drafts: `hooks.listeners`. */
export interface DraftSaver {
  save(draft: ListenerDraft, options: SaveOptions): Promise<Listener>;
}

/**
 * Declares a listener step by step. Each call returns a new builder. No call throws: mistakes reject `save()`.
 *
 * @example
 * const listener = await hooks
 *   .for(Person)
 *   .listener('https://example.com/people')
 *   .on('insert', 'update')
 *   .match({ name: startsWith('J') })
 *   .save();
 */
export class ListenerBuilder<Filter = AnyFilter> {
  constructor(
    readonly draft: ListenerDraft,
    private readonly saver: DraftSaver,
  ) {}

  /**
   * Wants only events whose fields satisfy these conditions. Conditions of several calls add up.
   *
   * @example
   * hooks.for(Person).listener('https://example.com/people').match({ name: 'Joe' });
   */
  match(conditions: Filter): ListenerBuilder<Filter> {
    return this.#with({ match: [...(this.draft.match ?? []), conditions as AnyFilter] });
  }

  /**
   * Wants only events of these operations. A call without operations changes nothing.
   *
   * @example
   * hooks.for(Person).listener('https://example.com/people').on('remove');
   */
  on(...operations: readonly Operation[]): ListenerBuilder<Filter> {
    if (operations.length === 0) return this;
    return this.#with({ operations: [...(this.draft.operations ?? []), ...operations] });
  }

  /**
   * Gets only these of the fields that the hook provides, and no update that changes none of them. A path also selects the fields below it.
   * Fields of several calls add up. Conditions may be about other fields.
   *
   * @example
   * hooks.for(Person).listener('https://example.com/people').select('name', 'home.city');
   */
  select(...fields: readonly (keyof Filter & string)[]): ListenerBuilder<Filter> {
    if (fields.length === 0) return this;
    const { options } = this.draft;
    return this.#with({ options: { ...options, select: added(options.select, fields) } });
  }

  /**
   * Creates the listener. If it exists already, updates what was declared; saving twice is the same as saving once. Only the save that
   * creates it returns the `secret`. Rejects with `LISTENER_INVALID`, `RECIPIENT_REFUSED`, `DIGEST_UNSUPPORTED`,
   * `FILTER_FIELD_NOT_PROVIDED`, `FILTER_OPERAND_INVALID`, `FILTER_REGEX_UNSUPPORTED`, `HOOK_UNKNOWN_OPERATION`,
   * `HOOK_HAS_NO_SENDER`, and with `ifExists: 'reject'` with `LISTENER_EXISTS`.
   *
   * @example
   * const { id, secret } = await hooks.for(Person).listener('https://example.com/people').save();
   */
  async save(options: SaveOptions = {}): Promise<Listener> {
    return this.saver.save(this.draft, checkedOptions(options, SAVE_SHAPE));
  }

  #with(declared: Partial<ListenerDraft>): ListenerBuilder<Filter> {
    return new ListenerBuilder({ ...this.draft, ...declared }, this.saver);
  }
}

/** What is no list stays, to be refused by name. */
function added(
  select: ListenerOptions['select'] | null,
  fields: readonly string[],
): readonly string[] {
  if (select == null) return fields;
  return Array.isArray(select) ? [...select, ...fields] : select;
}

/** A draft that declares a target and nothing else. */
export function draftOf(
  of: Pick<ListenerDraft, 'hook' | 'pattern'>,
  target: ListenerTarget,
): ListenerDraft {
  return { ...of, options: asOptions(target), operations: undefined, match: undefined };
}

/** A handler as its text. Anything else stays, to be refused by name. */
export function textOf(url: string | HandlerRef): string {
  return url instanceof HandlerRef ? url.target : url;
}

/**
 * A copy of the options without inherited ones, so that later changes of the caller's object are not stored unchecked. Any other value,
 * such as an unset variable, is refused later as a URL.
 */
function asOptions(target: ListenerTarget): ListenerOptions {
  const isOptions =
    typeof target === 'object' && target !== null && !(target instanceof HandlerRef);
  return isOptions ? { ...target, url: textOf(target.url) } : { url: textOf(target) };
}
