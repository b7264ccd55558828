import { Cron } from 'croner';

/** When a schedule is due. */
export type Timing =
  | { readonly kind: 'cron'; readonly cron: string; readonly timezone: string }
  | { readonly kind: 'every'; readonly everyMs: number };

/**
 * The first due time after `after`; null if there is none. An interval counts from `due`, a due time of the schedule, so that it does
 * not drift. A cron expression is read in its time zone: croner, version 11, says what happens when clocks are changed.
 */
export function dueAfter(timing: Timing, after: Date, due: Date): Date | null {
  switch (timing.kind) {
    case 'cron':
      return later(cronOf(timing).nextRun(after), after);
    case 'every': {
      const passed = Math.floor((after.getTime() - due.getTime()) / timing.everyMs);
      return new Date(due.getTime() + (passed + 1) * timing.everyMs);
    }
  }
}

/** The last due time before `before`, not before `due`, which is a due time of the schedule. */
export function lastDueBefore(timing: Timing, before: Date, due: Date): Date {
  switch (timing.kind) {
    case 'cron': {
      const [last] = cronOf(timing).previousRuns(1, before);
      return last && last > due ? last : due;
    }
    case 'every': {
      const passed = Math.ceil((before.getTime() - due.getTime()) / timing.everyMs) - 1;
      return new Date(due.getTime() + Math.max(0, passed) * timing.everyMs);
    }
  }
}

/** Whether both are due at the same times, apart from where an interval begins. */
export function isSameTiming(a: Timing, b: Timing): boolean {
  if (a.kind === 'cron') return b.kind === 'cron' && a.cron === b.cron && a.timezone === b.timezone;
  return b.kind === 'every' && a.everyMs === b.everyMs;
}

/** What is wrong with a cron expression, as the end of a sentence; null if nothing is. */
export function cronProblem(cron: string): string | null {
  const parts = cron.trim().split(/\s+/).length;
  if (!cron.trim().startsWith('@') && parts !== 5 && parts !== 6) return `it has ${parts} fields`;
  // Croner replaces it by the time at which the expression is read, which differs from process to process.
  if (cron.includes('?')) return '`?` is not supported';
  try {
    cronOf({ cron, timezone: 'UTC' });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error);
  }
}

export function isTimezone(timezone: unknown): timezone is string {
  if (typeof timezone !== 'string' || !/^[A-Za-z]/.test(timezone)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
    return true;
  } catch {
    return false;
  }
}

/**
 * Fields with a single value, a list or a range name fixed times: one that the clocks skip is due at the first time after the gap, and
 * one that they repeat is due once. Fields with `*` or a step are intervals, which follow the clocks.
 */
function cronOf({ cron, timezone }: { readonly cron: string; readonly timezone: string }): Cron {
  return new Cron(cron, { timezone, mode: '5-or-6-parts', fixedTimeRule: 'no-wildcard' });
}

/** A due time that is not later would make firing endless. */
function later(due: Date | null, after: Date): Date | null {
  return due && due > after ? due : null;
}
