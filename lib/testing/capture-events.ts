import type { DataSource, EntityTarget, ObjectLiteral } from 'typeorm';
import { DATA_SOURCE } from '../attach/checks';
import { recorderOf } from '../attach/event-recorder';
import type { HookEvent } from '../hook/event';
import { checkArgument, checkedOptions } from '../options/checked';
import { BOOLEAN, FUNCTION, type Shape } from '../options/rules';
import type { EventOf, HookTypes } from './event-types';

/** The options of `captureEvents()`. */
export interface CaptureEventsOptions {
  /**
   * Whether events are included that other connections commit during the block: those of other programs, of other clients of the database,
   * and of schedules. @defaultValue `false`
   */
  readonly others?: boolean;
}

export const CAPTURE_EVENTS_DEFAULTS = {
  others: false,
} as const satisfies Required<CaptureEventsOptions>;

const SHAPE: Shape<CaptureEventsOptions> = { others: BOOLEAN };

/** The events of a block. */
export interface CapturedEvents<Hooks extends HookTypes = HookTypes, Result = unknown> {
  /** As handlers get them, in the order in which they were stored. */
  readonly events: readonly HookEvent[];
  /** The same events by the name of their hook. Each attached hook has a list. */
  readonly byHook: { readonly [Name in keyof Hooks]: readonly EventOf<Hooks[Name]>[] };
  /** What the block returned. */
  readonly result: Result;
  /** The events of the hooks of an entity, with its types. Throws `HOOK_NOT_FOUND`. */
  eventsOf<Entity extends ObjectLiteral>(
    entity: EntityTarget<Entity> | (abstract new (...args: never[]) => Entity),
  ): readonly EventOf<Entity>[];
}

/**
 * Runs a block of a test, and resolves with the events of its writes. They are neither kept back nor sent because of it. Events of a
 * transaction that is still open are included, and those that the block has rolled back are not. The hooks must be attached; whether this
 * process sends does not matter. A write that code outside of all blocks makes meanwhile, such as a server that the block sends a request
 * to, counts as one of the block. Rejects with what the block throws, and with `NOT_ATTACHED`, `DATASOURCE_NOT_INITIALISED` and
 * `OPTION_INVALID`.
 *
 * @example
 * const { events, byHook } = await captureEvents<{ person: Person }>(dataSource, () =>
 *   dataSource.getRepository(Person).save({ name: 'Joe' }),
 * );
 * console.log(events[0]?.name, byHook.person[0]?.data.name);
 */
export async function captureEvents<Hooks extends HookTypes = HookTypes, Result = unknown>(
  dataSource: DataSource,
  fn: () => Result | Promise<Result>,
  given: CaptureEventsOptions = {},
): Promise<CapturedEvents<Hooks, Result>> {
  checkArgument('dataSource', dataSource, DATA_SOURCE);
  checkArgument('fn', fn, FUNCTION);
  const options = { ...CAPTURE_EVENTS_DEFAULTS, ...checkedOptions(given, SHAPE) };
  const recorder = recorderOf(dataSource);
  const { events, hooks, result } = await recorder.record(fn, options);
  const lists = hooks.map((name) => [name, events.filter(({ hook }) => hook === name)]);
  return {
    events,
    byHook: Object.fromEntries(lists) as CapturedEvents<Hooks>['byHook'],
    result,
    eventsOf<Entity extends ObjectLiteral>(
      entity: EntityTarget<Entity> | (abstract new (...args: never[]) => Entity),
    ) {
      const names = recorder.hooksOf(entity as EntityTarget<Entity>);
      return events.filter(({ hook }) => names.includes(hook)) as unknown as EventOf<Entity>[];
    },
  };
}
