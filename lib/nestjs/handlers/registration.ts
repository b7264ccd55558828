import { quoted } from '../../base/quoted';
import { shared } from '../../base/shared';
import type { HandlerFunction, HandlerOptions } from '../../delivery/handler/handlers';
import { ModelHookError } from '../../errors/model-hook-error';
import { HandlerRefusedError } from '../../errors/nest-errors';
import type { ModelHooks } from '../../model-hooks';
import type { HandlerRef } from '../../options/handler-ref';
import { scheduleEvent } from '../../schedule/schedule';
import type { DecoratedMethod } from './decorated-methods';

/** The function that a handler calls now; null after its application was closed. */
interface Slot {
  readonly ref: HandlerRef;
  readonly options: HandlerOptions;
  fn: HandlerFunction | null;
}

/**
 * Handlers outlive an application where a hot reload makes another one on the same attachment, so each is registered once and calls the
 * method of the application of now.
 */
const slots = shared(
  'typeorm-model-hooks.nest-handlers.v1',
  () => new WeakMap<ModelHooks, Map<string, Slot>>(),
);

/** The handlers that one application registers at the hooks of one DataSource. */
export class Registration {
  readonly #own: { readonly slot: Slot; readonly fn: HandlerFunction }[] = [];

  constructor(private readonly hooks: ModelHooks) {}

  /** Registers the methods and stores their schedules. Rejects with `HANDLER_REFUSED`, which names the method. */
  async add(methods: readonly DecoratedMethod[]): Promise<void> {
    checkDistinct(methods);
    for (const method of methods) await this.#add(method);
  }

  /** The methods are not called any more. Another application may have taken their places. */
  end(): void {
    for (const { slot, fn } of this.#own.splice(0)) if (slot.fn === fn) slot.fn = null;
  }

  async #add(method: DecoratedMethod): Promise<void> {
    const { name, options, schedule, place } = method;
    try {
      const ref = this.#register(handlerNameOf(method), boundMethod(method), options);
      if (schedule) await this.hooks.schedule(name, schedule, ref);
    } catch (error) {
      // A database that does not answer is no mistake of the method.
      if (!(error instanceof ModelHookError)) throw error;
      throw new HandlerRefusedError(place, error.message.replace(/\.$/, ''), { cause: error });
    }
  }

  #register(name: string, fn: HandlerFunction, options: HandlerOptions): HandlerRef {
    const known = slots.get(this.hooks) ?? new Map<string, Slot>();
    slots.set(this.hooks, known);
    const before = known.get(name);
    const isSame = before && JSON.stringify(before.options) === JSON.stringify(options);
    const slot = isSame ? before : this.#newSlot(name, options);
    if (slot !== before && before) before.fn = null;
    slot.fn = fn;
    known.set(name, slot);
    this.#own.push({ slot, fn });
    return slot.ref;
  }

  #newSlot(name: string, options: HandlerOptions): Slot {
    const call: HandlerFunction = (...args) => {
      if (slot.fn) return slot.fn(...args);
      throw new Error(`The application that handles ${quoted(name)} was closed.`);
    };
    const slot: Slot = { ref: this.hooks.handler(name, call, options), options, fn: null };
    return slot;
  }
}

/** Looked up at each call, so that a spy of a test is called. */
function boundMethod({ instance, key }: DecoratedMethod): HandlerFunction {
  return (...args) => Reflect.get(instance, key).apply(instance, args);
}

function handlerNameOf({ name, schedule }: DecoratedMethod): string {
  return schedule ? scheduleEvent(name) : name;
}

function checkDistinct(methods: readonly DecoratedMethod[]): void {
  const places = new Map<string, string>();
  for (const method of methods) {
    const name = handlerNameOf(method);
    const other = places.get(name);
    if (other !== undefined)
      throw new HandlerRefusedError(
        method.place,
        `${quoted(name)} is the handler ${other} already. Names are unique in a DataSource, and a provider with handlers is provided in ` +
          'one module, which exports it',
      );
    places.set(name, method.place);
  }
}
