import type { EntityManager } from 'typeorm';
import { sampleOf } from '../delivery/attempt/sample-event';
import { body } from '../delivery/request/body';
import { bodySchema, type JsonSchema } from '../delivery/request/body-schema';
import type { HookEvent } from '../hook/event';
import { isMany, membersOf } from '../hook/field';
import type { AnyFilter, WithContextFilter } from '../hook/filter';
import { eventName, eventNames, type Hook, namesSender } from '../hook/hook';
import type { Operation } from '../hook/operation';
import { CALL_SHAPE, type CallOptions, DATA, givenOptions } from '../interactive/call/options';
import type { VetoFunction, VetoOptions } from '../interactive/veto/veto';
import type { Vetoes } from '../interactive/veto/vetoes';
import type { ListenerBuilder } from '../listener/declared/builder';
import type { Listeners } from '../listener/listeners';
import type { FieldKind } from '../match/field-kind';
import type { Condition, Operator } from '../match/matcher';
import { operatorsOf } from '../match/operators';
import { BODY_FORMATS, type BodyFormat } from '../options/body-format';
import { checkArgument } from '../options/checked';
import type { HandlerRef } from '../options/handler-ref';
import type { ListenerTarget } from '../options/listener';
import { MANAGER, oneOf, type Shape } from '../options/rules';

/** A field that a hook provides, and the conditions that it can have. */
export interface HookField {
  readonly path: string;
  /** How its values compare; `unknown` if any value can stand there. */
  readonly kind: FieldKind;
  /** Whether the value is a list: one value for each row of a to-many relation. A condition holds if it holds for one of them. */
  readonly isList: boolean;
  /** The only texts that it can have: the members of an enum. Null: any. */
  readonly members: readonly string[] | null;
  readonly operators: readonly Operator[];
}

/** An event with invented values, and its body. */
export interface HookSample {
  readonly event: HookEvent;
  /** JSON. */
  readonly body: string;
}

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

  /** How bodies are laid out, unless a listener asks for another format. */
  get format(): BodyFormat {
    return this.hook.format;
  }

  /** Whether its events can have a sender. A listener with an owner needs one. */
  get hasSender(): boolean {
    return namesSender(this.hook);
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

  /** The provided fields, in the order of a body. Empty for a schedule. */
  get fields(): readonly HookField[] {
    return [...this.hook.fields.values()].map((field) => ({
      path: field.path,
      kind: field.kind,
      isList: isMany(field),
      members: membersOf(field),
      operators: operatorsOf(field.kind),
    }));
  }

  /**
   * An event of that name with invented values, and its JSON body. Throws `OPTION_INVALID` for a name that is none of `events`.
   *
   * @example
   * const { body } = hooks.for(Person).sample('person.created');
   */
  sample(event: string, format: BodyFormat = this.hook.format): HookSample {
    this.#checkEvent(event, format);
    const operation = this.hook.operations.find((one) => eventName(this.hook, one) === event);
    const sample = sampleOf(this.hook, operation ?? null, null);
    return { event: sample, body: body(sample, this.hook, { format, contentType: JSON_TYPE }) };
  }

  /**
   * The JSON Schema of the bodies of an event, dialect 2020-12. Throws `OPTION_INVALID` for a name that is none of `events`.
   *
   * @example
   * const schema = hooks.for(Person).schema('person.created', 'envelope');
   */
  schema(event: string, format: BodyFormat = this.hook.format): JsonSchema {
    this.#checkEvent(event, format);
    return bodySchema(this.hook, event, format);
  }

  #checkEvent(event: string, format: BodyFormat): void {
    checkArgument('event', event, oneOf(...this.events));
    checkArgument('format', format, oneOf(...BODY_FORMATS));
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

const JSON_TYPE = 'application/json';

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
export class DefinedHook<Field extends string = string> extends AttachedHook<
  WithContextFilter<{ readonly [field in Field]?: Condition }>
> {
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
