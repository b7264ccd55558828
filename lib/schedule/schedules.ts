import type { DataSource, QueryRunner } from 'typeorm';
import { validate as isUuid, v7 as uuidv7 } from 'uuid';
import type { Contexts } from '../capture/contexts';
import type { HandlerFunction, Handlers } from '../delivery/handler/handlers';
import { ScheduleNotFoundError } from '../errors/schedule-errors';
import type { HookCatalog } from '../hook/catalog';
import type { Listeners } from '../listener/listeners';
import { checkArgument, checkedOptions } from '../options/checked';
import { HandlerRef } from '../options/handler-ref';
import { BOOLEAN, criterion, DATE, FUNCTION, type Rule, type Shape } from '../options/rules';
import { joinedRunner } from '../store/ambient';
import type { ScheduleRow, ScheduleValues } from '../store/schedules';
import type { Store } from '../store/store';
import {
  AT_SHAPE,
  type AtOptions,
  type CheckedSchedule,
  checkedSchedule,
  checkScheduleName,
  isScheduleName,
  jsonData,
  SCHEDULE_DATA,
  SCHEDULE_DEFAULTS,
  SCHEDULE_SHAPE,
  type ScheduleOptions,
} from './options';
import { type Schedule, type ScheduleHandler, scheduleEvent, toSchedule } from './schedule';
import { changedSchedule, newSchedule, optionsOf, withChanges } from './values';

/** Which schedules to find. */
export interface ScheduleWhere {
  /** Whether they fire. */
  readonly enabled?: boolean;
}

/** An event that fires once. */
export interface ScheduledOnce {
  /** It is the id of the event, too. */
  readonly id: string;
  /** Resolves with true if the event had not fired. It never fires then. */
  cancel(): Promise<boolean>;
}

/** What a process is told about schedules that are stored in it. */
export interface Alarm {
  /** One is due in `afterMs`. */
  in(afterMs: number): void;
  /** One was stored in the transaction of the runner. */
  note(runner: QueryRunner): void;
}

/** What `Schedules` is made of. */
export interface SchedulesParts {
  readonly dataSource: DataSource;
  readonly store: Store;
  readonly catalog: Pick<HookCatalog, 'open'>;
  readonly handlers: Pick<Handlers, 'add'>;
  readonly listeners: Pick<Listeners, 'build'>;
  readonly contexts: Pick<Contexts, 'current'>;
}

const HANDLER: Rule = {
  accepts: (value) => value instanceof HandlerRef || FUNCTION.accepts(value),
  expected: 'a function, or what `hooks.handler` returns',
};

const WHERE_SHAPE: Shape<ScheduleWhere> = { enabled: criterion(BOOLEAN) };

/** Stored schedules: `hooks.schedules`. */
export class Schedules {
  constructor(
    private readonly parts: SchedulesParts,
    private readonly alarm: Alarm,
  ) {}

  /** What `hooks.schedule` does. */
  async save(
    name: string,
    options: ScheduleOptions,
    handler?: ScheduleHandler | HandlerRef,
  ): Promise<Schedule> {
    checkScheduleName(name);
    const checked = checkedSchedule(name, options);
    if (handler !== undefined) checkArgument('handler', handler, HANDLER);
    const { store, catalog } = this.parts;
    const values = newSchedule(name, checked, await store.schedules.clock());
    catalog.open(scheduleEvent(name));
    // The listener comes first, so that it gets the first event.
    if (handler !== undefined) await this.#listen(scheduleEvent(name), handler);
    return this.#stored(await store.transaction((one) => upserted(one, values, checked)));
  }

  /** What `hooks.at` does. */
  async at(
    date: Date,
    name: string,
    data: Readonly<Record<string, unknown>> = {},
    options: AtOptions = {},
  ): Promise<ScheduledOnce> {
    checkArgument('date', date, DATE);
    checkScheduleName(name);
    checkArgument('data', data, SCHEDULE_DATA);
    const { manager } = checkedOptions(options, AT_SHAPE);
    const { dataSource, store, catalog } = this.parts;
    catalog.open(scheduleEvent(name));
    const runner = joinedRunner(dataSource, manager);
    const { schedules } = runner ? store.joining(runner) : store;
    const id = uuidv7();
    const { timezone, catchUp: catch_up } = SCHEDULE_DEFAULTS;
    const when = { cron: null, every_ms: null, timezone, catch_up, next_due_at: new Date(date) };
    const context = this.parts.contexts.current?.value ?? null;
    const own = { data: jsonData(data), context, enabled: true };
    const values = { id, name, once: true, ...when, ...own };
    const row = await schedules.insert(values);
    if (runner) this.alarm.note(runner);
    else if (row) this.#stored(row);
    // Before the commit, only this transaction sees the row.
    const rows = () =>
      runner?.isTransactionActive && !runner.isReleased ? schedules : store.schedules;
    const cancel = () => this.#cancel(id, rows());
    return { id, cancel };
  }

  /**
   * Cancels an event of `hooks.at`, given by its id. Resolves with false if it has fired or was cancelled before.
   *
   * @example
   * const wasCancelled = await hooks.schedules.cancel('an event id');
   */
  async cancel(id: string): Promise<boolean> {
    return isUuid(id) && this.#cancel(id, this.parts.store.schedules);
  }

  /**
   * Finds schedules, by name. Rejects with `OPTION_INVALID`.
   *
   * @example
   * const paused = await hooks.schedules.find({ enabled: false });
   */
  async find(where: ScheduleWhere = {}): Promise<readonly Schedule[]> {
    const { enabled = null } = checkedOptions(where, WHERE_SHAPE);
    return (await this.parts.store.schedules.find(enabled)).map(toSchedule);
  }

  /**
   * One schedule; null if it does not exist.
   *
   * @example
   * const schedule = await hooks.schedules.get('nightly');
   */
  async get(name: string): Promise<Schedule | null> {
    const row = isScheduleName(name) ? await this.parts.store.schedules.get(name) : null;
    return row && toSchedule(row);
  }

  /**
   * Changes a schedule and checks it as a whole. Rejects with `SCHEDULE_NOT_FOUND` and `OPTION_INVALID`.
   *
   * @example
   * await hooks.schedules.update('nightly', { cron: '30 4 * * *' });
   */
  async update(name: string, given: ScheduleOptions): Promise<Schedule> {
    const owner = 'the changes';
    const changes = checkedOptions(given, SCHEDULE_SHAPE, { owner });
    const row = await this.parts.store.transaction(async ({ schedules }) => {
      const stored = isScheduleName(name) ? await schedules.lock(name) : null;
      if (!stored) throw new ScheduleNotFoundError(name);
      const checked = checkedSchedule(name, withChanges(optionsOf(stored), changes));
      return schedules.update(changedSchedule(stored, checked));
    });
    return this.#stored(row);
  }

  /**
   * Fires a schedule no more. Rejects with `SCHEDULE_NOT_FOUND`.
   *
   * @example
   * await hooks.schedules.pause('nightly');
   */
  async pause(name: string): Promise<void> {
    await this.update(name, { enabled: false });
  }

  /**
   * Fires a schedule again, from its next due time on. Rejects with `SCHEDULE_NOT_FOUND`.
   *
   * @example
   * await hooks.schedules.resume('nightly');
   */
  async resume(name: string): Promise<void> {
    await this.update(name, { enabled: true });
  }

  /**
   * Removes a schedule. Its listeners and handler stay, and so do events that have fired. Resolves with false if it did not exist.
   *
   * @example
   * const wasRemoved = await hooks.schedules.remove('nightly');
   */
  async remove(name: string): Promise<boolean> {
    return isScheduleName(name) && this.parts.store.schedules.remove(name);
  }

  async #cancel(id: string, schedules: Store['schedules']): Promise<boolean> {
    return (await schedules.removeOnce([id])) > 0;
  }

  /** Saves the listener of a handler. It has a key, so that another handler takes the place of this one. */
  async #listen(event: string, handler: ScheduleHandler | HandlerRef): Promise<void> {
    const { handlers, listeners } = this.parts;
    const { target } =
      handler instanceof HandlerRef ? handler : handlers.add(event, handler as HandlerFunction);
    await listeners.build({ hook: event, pattern: null }, { url: target, key: event }).save();
  }

  #stored(row: ScheduleRow): Schedule {
    const { next_due_at: due, now, enabled } = row;
    if (due && enabled) this.alarm.in(due.getTime() - now.getTime());
    return toSchedule(row);
  }
}

/**
 * Another process may store the same schedule at the same time: the second one changes the row of the first. A schedule that exists when
 * it is inserted can be removed before it is locked; then it is inserted again.
 */
async function upserted(
  { schedules }: Store,
  values: ScheduleValues,
  checked: CheckedSchedule,
): Promise<ScheduleRow> {
  for (let tries = 1; ; tries += 1) {
    const added = await schedules.insert(values);
    if (added) return added;
    const stored = await schedules.lock(values.name);
    if (stored) return schedules.update(changedSchedule(stored, checked));
    if (tries === MAX_TRIES) throw new ScheduleNotFoundError(values.name);
  }
}

const MAX_TRIES = 10;
