import 'reflect-metadata';
import type { HandlerFunction, HandlerOptions } from '../../delivery/handler/handlers';
import { HandlerRefusedError } from '../../errors/nest-errors';
import { checkArgument } from '../../options/checked';
import { OPTIONS, TEXT } from '../../options/rules';
import type { ScheduleOptions } from '../../schedule/options';
import type { ScheduleHandler } from '../../schedule/schedule';
import { DATA_SOURCE_NAME, DEFAULT_DATA_SOURCE } from '../tokens';

/** The options of `@HookHandler()`. */
export interface HookHandlerOptions extends HandlerOptions {
  /** The name of the DataSource whose events it gets. @defaultValue `'default'` */
  readonly dataSource?: string;
}

/** The options of `@HookSchedule()`: those of `hooks.schedule`, of its handler, and the DataSource. */
export interface HookScheduleOptions extends ScheduleOptions, HookHandlerOptions {}

/** What a decorator says about a method. */
export interface Decoration {
  /** The name of the handler or of the schedule. */
  readonly name: string;
  readonly dataSource: string;
  readonly options: HandlerOptions;
  /** Undefined: it is a handler, without a schedule. */
  readonly schedule?: ScheduleOptions;
}

/** A decorator of methods that TypeScript accepts on a `Method` only. */
export type TypedMethodDecorator<Method> = <Given extends Method>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<Given>,
) => void;

const DECORATIONS = Symbol.for('typeorm-model-hooks.nest-decorations.v1');

/**
 * Makes the method of a provider or controller a handler, as `hooks.handler(name, fn, options)` does. A listener names it as its target:
 * `handler:audit`. Throws `OPTION_INVALID` where it decorates. What cannot be registered rejects the start of the application with
 * `HANDLER_REFUSED`.
 *
 * @example
 * const Audit = HookHandler('audit', { timeoutMs: 10_000 });
 */
export function HookHandler(
  name: string,
  given: HookHandlerOptions = {},
): TypedMethodDecorator<HandlerFunction> {
  checkGiven(name, given);
  const { dataSource = DEFAULT_DATA_SOURCE, ...options } = given;
  return (target, key, descriptor) =>
    decorate(target, key, descriptor?.value, { name, dataSource, options });
}

/**
 * Stores a schedule when the application starts, as `hooks.schedule(name, options, fn)` does. The method gets an event for each due time.
 * Throws `OPTION_INVALID` where it decorates.
 *
 * @example
 * const Nightly = HookSchedule('nightly', { cron: '0 3 * * *', timezone: 'Europe/Berlin' });
 */
export function HookSchedule(
  name: string,
  given: HookScheduleOptions,
): TypedMethodDecorator<ScheduleHandler> {
  checkGiven(name, given);
  const { dataSource = DEFAULT_DATA_SOURCE, timeoutMs, recheck, ...schedule } = given;
  const options = {
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(recheck !== undefined && { recheck }),
  };
  return (target, key, descriptor) =>
    decorate(target, key, descriptor?.value, { name, dataSource, options, schedule });
}

/** Throws `OPTION_INVALID`. The other options are checked when the application starts, as those of `hooks.handler` and `hooks.schedule`. */
function checkGiven(name: unknown, given: unknown): void {
  checkArgument('name', name, TEXT);
  checkArgument('options', given, OPTIONS);
  const { dataSource = DEFAULT_DATA_SOURCE } = given as HookHandlerOptions;
  checkArgument('dataSource', dataSource, DATA_SOURCE_NAME);
}

/** What the decorators of a method say. */
export function decorationsOf(method: unknown): readonly Decoration[] {
  if (typeof method !== 'function') return [];
  return (Reflect.getOwnMetadata(DECORATIONS, method) as Decoration[] | undefined) ?? [];
}

function decorate(target: object, key: string | symbol, method: unknown, decoration: Decoration) {
  const owner = typeof target === 'function' ? target : target.constructor;
  const refused = (reason: string) =>
    new HandlerRefusedError(`${owner.name}.${String(key)}`, reason);
  if (typeof target === 'function')
    throw refused('it is static, and handlers are methods of an instance that Nest makes');
  // JavaScript has no types that say so. Nest finds no methods whose names are symbols.
  if (typeof method !== 'function')
    throw refused('it is a property or an accessor, and handlers are methods');
  if (typeof key === 'symbol') throw refused('its name is a symbol, and must be a text');
  Reflect.defineMetadata(DECORATIONS, [...decorationsOf(method), decoration], method);
}
