import type { JsonRecord } from '../base/json';
import type { HandlerContext } from '../delivery/handler/handlers';
import type { ScheduledExecutionResponse } from '../delivery/handler/scheduled-response';
import type { HookEvent } from '../hook/event';
import type { ScheduleRow } from '../store/schedules';
import { CATCH_UPS, type CatchUp } from './options';
import type { Timing } from './timing';

/** An event of a schedule. */
export interface ScheduledEvent extends HookEvent {
  readonly dueAt: Date;
}

/** A function that gets the events of a schedule, one for each due time. */
export type ScheduleHandler = (
  event: ScheduledEvent,
  context: HandlerContext,
) => ScheduledExecutionResponse | Promise<ScheduledExecutionResponse>;

/** A stored schedule. */
export interface Schedule {
  readonly name: string;
  /** The name of its events, and of their hook: `schedule.` and its name. */
  readonly event: string;
  /** Null if it has an interval. */
  readonly cron: string | null;
  /** Null if it has a cron expression. */
  readonly everyMs: number | null;
  readonly timezone: string;
  readonly data: JsonRecord;
  readonly enabled: boolean;
  readonly catchUp: CatchUp;
  /** The due time that is fired next. While it is not enabled, none is fired. */
  readonly nextDueAt: Date | null;
  /** The due time that was fired last. */
  readonly lastDueAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The event of a schedule, which is also the name of its hook and of the handler that `hooks.schedule` registers. */
export function scheduleEvent(name: string): string {
  return `schedule.${name}`;
}

export function toSchedule(row: ScheduleRow): Schedule {
  return {
    name: row.name,
    event: scheduleEvent(row.name),
    cron: row.cron,
    everyMs: row.every_ms,
    timezone: row.timezone,
    data: row.data,
    enabled: row.enabled,
    catchUp: row.catch_up as CatchUp,
    nextDueAt: row.next_due_at,
    lastDueAt: row.last_due_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** When a stored schedule is due. Null if only a newer release knows. */
export function timingOf({ cron, every_ms, timezone }: ScheduleRow): Timing | null {
  if (every_ms !== null) return { kind: 'every', everyMs: every_ms };
  return cron === null ? null : { kind: 'cron', cron, timezone };
}

/** Null if only a newer release knows it. */
export function catchUpOf({ catch_up }: ScheduleRow): CatchUp | null {
  return CATCH_UPS.find((one) => one === catch_up) ?? null;
}
