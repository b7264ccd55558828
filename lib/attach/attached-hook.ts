import type { EntityManager } from 'typeorm';
import type { AnyFilter } from '../hook/filter';
import { eventNames, type Hook } from '../hook/hook';
import type { Operation } from '../hook/operation';
import { CALL_SHAPE, type CallOptions, DATA, givenOptions } from '../interactive/call/options';
import type { VetoFunction, VetoOptions } from '../interactive/veto/veto';
import type { Vetoes } from '../interactive/veto/vetoes';
import type { ListenerBuilder } from '../listener/declared/builder';
import type { Listeners } from '../listener/listeners';
import type { Condition } from '../match/matcher';
import { checkArgument } from '../options/checked';
import type { HandlerRef } from '../options/handler-ref';
import type { ListenerTarget } from '../options/listener';
import { MANAGER, type Shape } from '../options/rules';

/**
 * A hook of an attached DataSource. `Filter` is the type of the conditions that its listeners may have.
 *
 * @example
 * const { events, provides } = hooks.for(Person);
 */
export class AttachedHook<Filter = AnyFilter> {
  constructor(
    protected readonly hook: Hook,
    private readonly listeners: Listeners,
    private readonly vetoes: Vetoes,
  ) {}

  get name(): string {
    return this.hook.name;
  }

  get title(): string {
    return this.hook.title;
  }

  get description(): string | null {
    return this.hook.description;
  }

  /** Empty for a defined hook. */
  get operations(): readonly Operation[] {
    return this.hook.operations;
  }

  /** The names of its events. */
  get events(): readonly string[] {
    return eventNames(this.hook);
  }

  /** The fields that listeners get and may have conditions on. `['*']` for a schedule: all of its data. */
  get provides(): readonly string[] {
    return this.hook.isOpen ? ['*'] : [...this.hook.fields.keys()];
  }

  /**
   * Begins a listener of this hook; `save()` stores it.
   *
   * @example
   * await hooks.for(Person).listener('https://example.com/people').save();
   */
  listener(target: ListenerTarget): ListenerBuilder<Filter> {
    return this.listeners.build<Filter>({ hook: this.hook.name, pattern: null }, target);
  }

  /**
   * Asks `veto`, a function or a handler of this process, before `save()`, `remove()`, `softRemove()` and `recover()` write. If it answers
   * `fail`, the call rejects with `HOOK_REJECTED`, and nothing is written. It is in force at once, until the returned function is called.
   * Throws `HOOK_UNKNOWN_OPERATION` and `OPTION_INVALID`.
   *
   * @example
   * const end = hooks.for(Person).interactive('insert', ({ data }) =>
   *   data.name === '' ? InteractiveResponse.fail(422) : InteractiveResponse.done(),
   * );
   */
  interactive(
    operation: Operation,
    veto: VetoFunction | HandlerRef | string,
    options: VetoOptions = {},
  ): () => void {
    return this.vetoes.add(this.hook, operation, veto, options);
  }
}

export interface SendOptions extends CallOptions {
  /** Joins the transaction of this manager. @defaultValue the ambient transaction, if there is one */
  readonly manager?: EntityManager;
}

const SEND_SHAPE: Shape<SendOptions> = {
  ...CALL_SHAPE,
  manager: MANAGER,
};

/** Throws `OPTION_INVALID`. A sender or reference that is null is left out. */
export function checkedSendOptions(given: SendOptions): SendOptions {
  return givenOptions(given, SEND_SHAPE);
}

export type Send = (
  hook: Hook,
  data: Readonly<Record<string, unknown>>,
  options: SendOptions,
) => Promise<string>;

/**
 * A hook without an entity, whose events your code sends.
 *
 * @example
 * const signup = hooks.define('signup', { provides: ['email'] });
 */
export class DefinedHook<Field extends string = string> extends AttachedHook<{
  readonly [field in Field]?: Condition;
}> {
  constructor(
    hook: Hook,
    listeners: Listeners,
    vetoes: Vetoes,
    private readonly store: Send,
  ) {
    super(hook, listeners, vetoes);
  }

  /**
   * Stores an event with those of the values that the hook provides, and sends it. Resolves with the id of the event when it is stored;
   * with `'inline'`, outside a transaction, when each matching listener was tried once. With `manager`, or in an
   * ambient transaction (of typeorm-transactional), the event is sent if that transaction commits. Resolves with `''` if the event was dropped: its `resolve` threw or it is too large, and `onCaptureError` is
   * `'log'`.
   *
   * @example
   * await hooks.define('login', { provides: ['name'] }).send({ name: 'Joe' });
   */
  async send(data: Readonly<Record<string, unknown>>, options: SendOptions = {}): Promise<string> {
    checkArgument('data', data, DATA);
    return this.store(this.hook, data, checkedSendOptions(options));
  }
}
