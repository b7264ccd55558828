import type { EntityTarget, ObjectLiteral } from 'typeorm';
import {
  AttachedHook,
  checkedSendOptions,
  DefinedHook,
  type SendOptions,
} from './attach/attached-hook';
import { InteractiveHook } from './attach/interactive-hook';
import { currentOf, type HooksParts } from './attach/parts';
import type { Session } from './attach/session';
import type { HandlerFunction, HandlerOptions } from './delivery/handler/handlers';
import { OptionInvalidError } from './errors/option-errors';
import type { FilterOf } from './hook/filter';
import { type Hook, isInteractive } from './hook/hook';
import type { DefinedHookOptions, InteractiveHookOptions } from './hook/options';
import { DATA } from './interactive/call/options';
import type { ListenerBuilder } from './listener/declared/builder';
import type { Listeners } from './listener/listeners';
import { checkArgument } from './options/checked';
import type { HandlerRef } from './options/handler-ref';
import type { ListenerTarget } from './options/listener';
import type { AtOptions, ScheduleOptions } from './schedule/options';
import type { Schedule, ScheduleHandler } from './schedule/schedule';
import type { ScheduledOnce, Schedules } from './schedule/schedules';
import type { Tasks } from './task/tasks';

const NOT_INTERACTIVE =
  'the name of a hook that is not interactive, which `hooks.interactive(name).call()` calls';

/** What an application declares: hooks, listeners, and functions that get events. `ModelHooks` adds what runs. */
export abstract class Declarations {
  /** Stored listeners. */
  readonly listeners: Listeners;
  /** Stored schedules. */
  readonly schedules: Schedules;
  /** Calls of remote tasks, and task functions of this application. */
  readonly tasks: Tasks;
  readonly #parts: HooksParts;

  protected constructor(parts: HooksParts) {
    this.#parts = parts;
    this.listeners = parts.listeners;
    this.schedules = parts.schedules;
    this.tasks = parts.tasks;
  }

  /**
   * The hook of an entity. TypeScript checks its filters against the entity's properties; computed fields are named beside them:
   * `hooks.for<Person & { fullName: string }>(Person)`. Throws `HOOK_NOT_FOUND`, or `HOOK_AMBIGUOUS` if it has several.
   */
  for<Entity extends ObjectLiteral>(
    entity: EntityTarget<Entity> | (abstract new (...args: never[]) => Entity),
  ): AttachedHook<FilterOf<Entity>> {
    return this.#handle(this.#parts.catalog.of(entity)) as AttachedHook<FilterOf<Entity>>;
  }

  /** The hook with this name. Throws `HOOK_NOT_FOUND`. */
  get(name: string): AttachedHook {
    return this.#handle(this.#parts.catalog.get(name));
  }

  /** All hooks, of entities and defined ones. */
  list(): readonly AttachedHook[] {
    return this.#parts.catalog.list().map((hook) => this.#handle(hook));
  }

  /** Defines a hook without an entity; its event has the name of the hook. Throws `HOOK_DUPLICATE`. */
  define<const Field extends string>(
    name: string,
    options: DefinedHookOptions<Field>,
  ): DefinedHook<Field> {
    const policy = this.#parts.policies.checked(options);
    const hook = this.#parts.catalog.define(name, options);
    this.#parts.policies.set(hook, policy);
    return this.#handle(hook) as DefinedHook<Field>;
  }

  /** Sends an event of a defined hook. Rejects with `HOOK_NOT_FOUND`; see `DefinedHook.send`. */
  async send(
    name: string,
    data: Readonly<Record<string, unknown>>,
    options: SendOptions = {},
  ): Promise<string> {
    checkArgument('data', data, DATA);
    const hook = this.#parts.catalog.get(name);
    if (isInteractive(hook)) throw new OptionInvalidError('name', NOT_INTERACTIVE);
    return this.#current.commits.send(hook, data, checkedSendOptions(options));
  }

  /**
   * Defines an interactive hook, whose callers wait for the answer of its one listener. Neither wildcards nor `hooks.listen` match its
   * events. Without options, returns the hook of this name. Throws `HOOK_DUPLICATE` and `OPTION_INVALID`, or `HOOK_NOT_FOUND`.
   *
   * @example
   * const quote = hooks.interactive('quote', { provides: ['amount'] });
   * const handler = hooks.handler('quote', ({ data }) =>
   *   InteractiveResponse.done(200, null, { price: Number(data.amount) * 2 }),
   * );
   * await quote.listener(handler).save();
   * const { body } = await quote.call({ amount: 3 });
   */
  interactive<const Field extends string>(
    name: string,
    options?: InteractiveHookOptions<Field>,
  ): InteractiveHook<Field> {
    const { catalog, policies } = this.#parts;
    if (options === undefined)
      return this.#handle(catalog.interactive(name)) as InteractiveHook<Field>;
    const policy = policies.checked(options);
    const hook = catalog.defineInteractive(name, options);
    policies.set(hook, policy);
    return this.#handle(hook) as InteractiveHook<Field>;
  }

  /** Begins a listener to events by name: one name, `'*'`, `'<first part>.*'` or `'*.<rest>'`. `save()` stores it. */
  listen(pattern: string, target: ListenerTarget): ListenerBuilder {
    return this.listeners.build({ hook: null, pattern }, target);
  }

  /**
   * Registers a function that gets events in place of a URL: a target for listeners. Each process that sends deliveries to it registers it;
   * in other processes they wait. A name that is registered again gets the new function. Throws `OPTION_INVALID`.
   *
   * @example
   * const audit = hooks.handler('audit', async (event) => {
   *   console.log(event.name, event.data);
   *   return BackgroundResponse.done();
   * });
   * await hooks.for(Person).listener(audit).save();
   */
  handler(name: string, fn: HandlerFunction, options: HandlerOptions = {}): HandlerRef {
    return this.#parts.handlers.add(name, fn, options);
  }

  /**
   * Stores a schedule, which fires the event `schedule.<name>` once for each due time, however many processes run. If it is stored already,
   * changes it: its next due time stays, unless it is due at other times now. A handler gets its events; a function is registered as the
   * handler `schedule.<name>`, with a time limit of 12 hours. Rejects with `OPTION_INVALID` and `HOOK_DUPLICATE`.
   *
   * @example
   * const options = { cron: '0 3 * * *', timezone: 'Europe/Berlin', data: { report: 'sales' } };
   * await hooks.schedule('nightly', options, async (event) => {
   *   console.log(event.dueAt, event.data.report);
   *   return ScheduledExecutionResponse.done();
   * });
   */
  async schedule(
    name: string,
    options: ScheduleOptions,
    handler?: ScheduleHandler | HandlerRef,
  ): Promise<Schedule> {
    return this.schedules.save(name, options, handler);
  }

  /**
   * Stores an event `schedule.<name>` that is fired once, at `date`; at once if that has passed. Rejects with `OPTION_INVALID` and
   * `HOOK_DUPLICATE`.
   *
   * @example
   * const reminder = await hooks.at(new Date('2030-01-01T09:00:00Z'), 'reminder', { order: 7 });
   * const wasCancelled = await reminder.cancel();
   */
  async at(
    date: Date,
    name: string,
    data?: Readonly<Record<string, unknown>>,
    options?: AtOptions,
  ): Promise<ScheduledOnce> {
    return this.schedules.at(date, name, data, options);
  }

  get #current(): Session {
    return currentOf(this.#parts.attachment);
  }

  #handle(hook: Hook): AttachedHook {
    const { vetoes, interactive } = this.#parts;
    if (isInteractive(hook)) return new InteractiveHook(hook, this.listeners, vetoes, interactive);
    if (hook.metadata) return new AttachedHook(hook, this.listeners, vetoes);
    return new DefinedHook(hook, this.listeners, vetoes, (...sent) =>
      this.#current.commits.send(...sent),
    );
  }
}
