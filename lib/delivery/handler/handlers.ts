import type { EntityManager } from 'typeorm';
import { type JsonRecord, type JsonValue, toJson } from '../../base/json';
import { OptionInvalidError } from '../../errors/option-errors';
import type { HookEvent } from '../../hook/event';
import type { Logger } from '../../logging/logger';
import { Seldom } from '../../logging/seldom';
import { checkArgument, checkedOptions } from '../../options/checked';
import { HandlerRef, isHandlerName } from '../../options/handler-ref';
import { BOOLEAN, FUNCTION, numberFrom, type Shape } from '../../options/rules';
import type { BackgroundResponse } from './background-response';
import type { InteractiveResponse } from './interactive-response';
import type { ScheduledExecutionResponse } from './scheduled-response';

/** What a handler may answer. What it means depends on what called the handler. */
export type HandlerAnswer = BackgroundResponse | InteractiveResponse | ScheduledExecutionResponse;

/** What a handler gets beside the event. */
export interface HandlerContext {
  /** Aborted at the time limit of the handler, and when the process stops. */
  readonly signal: AbortSignal;
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** That of the attachment. */
  readonly logger: Logger;
  /** The same for each attempt. */
  readonly deliveryId: string;
  /** The `config` of the listener. */
  readonly config: { readonly [key: string]: JsonValue };
  /** Whether `hooks.listeners.test()` sent the event: its values are samples. */
  readonly isTest: boolean;
  /**
   * Runs `fn` in a transaction in which the outcome is stored, too, so that what it writes through `manager` is written exactly once.
   * Resolves with the answer when the transaction has committed; return that answer. If `fn` throws, nothing is written. Rejects with
   * `DELIVERY_ENDED` if the delivery has an outcome already.
   */
  transaction<Answer extends HandlerAnswer>(
    fn: (manager: EntityManager) => Answer | Promise<Answer>,
  ): Promise<Answer>;
}

/** A function of the application that gets events, in place of a URL. */
export type HandlerFunction = (
  event: HookEvent,
  context: HandlerContext,
) => HandlerAnswer | Promise<HandlerAnswer>;

/** Options of a handler. */
export interface HandlerOptions {
  /** Time limit of a call, in milliseconds. For events of schedules, the default is 12 hours. @defaultValue `300000` */
  readonly timeoutMs?: number;
  /** The delivery option `recheck` for this handler; that of a listener is nearer, and those of hook and attachment are not. */
  readonly recheck?: boolean;
}

export const HANDLER_DEFAULTS = { timeoutMs: 300_000 } as const satisfies Required<
  Omit<HandlerOptions, 'recheck'>
>;

/** The default for events of schedules. */
const SCHEDULE_TIMEOUT_MS = 43_200_000;

const HANDLER_SHAPE: Shape<HandlerOptions> = {
  timeoutMs: numberFrom(1),
  recheck: BOOLEAN,
};

/** A handler that this process knows. */
export interface Handler {
  readonly name: string;
  readonly fn: HandlerFunction;
  readonly options: HandlerOptions;
}

/** Time limit of a call with this event. Work of a schedule may take long: that of a night, for example. */
export function timeoutMsOf({ options }: Pick<Handler, 'options'>, { dueAt }: HookEvent): number {
  return options.timeoutMs ?? (dueAt ? SCHEDULE_TIMEOUT_MS : HANDLER_DEFAULTS.timeoutMs);
}

/** The event that a handler gets. It may change it: the event itself is shared with other deliveries. */
export function eventCopy(event: HookEvent): HookEvent {
  const { headers, occurredAt, dueAt, data, previous, changed, context } = event;
  return {
    ...event,
    headers: { ...headers },
    occurredAt: new Date(occurredAt),
    ...(dueAt && { dueAt: new Date(dueAt) }),
    data: copyOf(data),
    previous: previous && copyOf(previous),
    changed: [...changed],
    ...(context && { context: copyOf(context) }),
  };
}

/** The config of a listener that a handler gets. Null: it was not read. */
export function configCopy(config: HandlerContext['config'] | null): HandlerContext['config'] {
  return copyOf(config ?? {});
}

/** `structuredClone` would make objects of another realm where the application runs in one, as under jest. */
function copyOf<Values extends JsonRecord>(values: Values): Values {
  return toJson(values) as unknown as Values;
}

/** How often a handler that is missing is logged. */
const MISSING_EVERY_MS = 60_000;

/** The handlers of one attachment, by name. */
export class Handlers {
  readonly #byName = new Map<string, Handler>();
  readonly #missing = new Seldom(MISSING_EVERY_MS);

  constructor(
    private readonly logger: Pick<Logger, 'warn'>,
    /** Called when a handler becomes known: deliveries may wait for it. */
    private readonly added: (name: string) => void = () => undefined,
  ) {}

  /** Adds a handler; one of the same name is replaced, with a warning. Throws `OPTION_INVALID`. */
  add(name: string, fn: HandlerFunction, given: HandlerOptions = {}): HandlerRef {
    if (!isHandlerName(name))
      throw new OptionInvalidError('name', 'a text of 1 to 200 visible characters');
    checkArgument('fn', fn, FUNCTION);
    const options = checkedOptions(given, HANDLER_SHAPE);
    if (this.#byName.has(name))
      this.logger.warn(`The handler "${name}" is registered again; the last function counts.`);
    this.#byName.set(name, { name, fn, options });
    this.added(name);
    return new HandlerRef(name);
  }

  /** Logs that deliveries wait for a handler, once in a while. */
  warnOfMissing(name: string): void {
    if (this.#missing.isDue(name))
      this.logger.warn(
        `Deliveries to the handler "${name}" wait for a process that registers it with hooks.handler().`,
      );
  }

  find(name: string): Handler | undefined {
    return this.#byName.get(name);
  }
}
