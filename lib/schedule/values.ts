import { v7 as uuidv7 } from 'uuid';
import { OptionInvalidError } from '../errors/option-errors';
import type { ScheduleRow, ScheduleValues } from '../store/schedules';
import { type CheckedSchedule, SCHEDULE_DEFAULTS, type ScheduleOptions } from './options';
import { timingOf } from './schedule';
import { dueAfter, isSameTiming, type Timing } from './timing';

/** The row of a new schedule. Throws `OPTION_INVALID` if it is never due. */
export function newSchedule(name: string, checked: CheckedSchedule, now: Date): ScheduleValues {
  return {
    id: uuidv7(),
    name,
    once: false,
    ...columnsOf(checked),
    context: null,
    enabled: checked.enabled ?? SCHEDULE_DEFAULTS.enabled,
    next_due_at: firstDue(name, checked.timing, now),
  };
}

/** The row of a schedule that is stored again. It keeps its next due time, unless it is due at other times now. */
export function changedSchedule(row: ScheduleRow, checked: CheckedSchedule): ScheduleValues {
  const enabled = checked.enabled ?? row.enabled;
  return {
    id: row.id,
    name: row.name,
    once: false,
    ...columnsOf(checked),
    context: null,
    enabled,
    next_due_at: nextDue(row, checked.timing, enabled),
  };
}

/** The options that a stored schedule has. An error of `changedSchedule` may be about them. */
export function optionsOf({ cron, every_ms, ...row }: ScheduleRow): ScheduleOptions {
  return {
    ...(cron !== null && { cron }),
    ...(every_ms !== null && { everyMs: every_ms }),
    timezone: row.timezone,
    data: row.data,
    enabled: row.enabled,
    catchUp: row.catch_up as ScheduleOptions['catchUp'] & string,
  };
}

/** The options with the changes. A cron expression takes the place of an interval, and the other way round. */
export function withChanges(stored: ScheduleOptions, changes: ScheduleOptions): ScheduleOptions {
  const { cron, everyMs, ...others } = stored;
  const isNamed = changes.cron !== undefined || changes.everyMs !== undefined;
  const timing = { ...(cron !== undefined && { cron }), ...(everyMs !== undefined && { everyMs }) };
  return { ...others, ...(isNamed ? {} : timing), ...changes };
}

function columnsOf({ timing, timezone, data, catchUp }: CheckedSchedule) {
  return {
    cron: timing.kind === 'cron' ? timing.cron : null,
    every_ms: timing.kind === 'every' ? timing.everyMs : null,
    timezone,
    catch_up: catchUp,
    data,
  };
}

/** Due times that pass while a schedule is not enabled are not missed: it goes on with the next one. */
function nextDue(row: ScheduleRow, timing: Timing, enabled: boolean): Date | null {
  const { next_due_at: due, now } = row;
  const before = timingOf(row);
  if (!due || !before || !isSameTiming(before, timing)) return firstDue(row.name, timing, now);
  const isResumed = enabled && !row.enabled;
  return isResumed && due <= now ? dueAfter(timing, now, due) : due;
}

function firstDue(name: string, timing: Timing, now: Date): Date {
  const due = dueAfter(timing, now, now);
  if (due) return due;
  throw new OptionInvalidError(
    'cron',
    { option: 'cron', text: 'must be due at some time' },
    `schedule "${name}"`,
  );
}
