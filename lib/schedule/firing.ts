import type { FiringSpan } from '../store/schedules';
import type { CatchUp } from './options';
import { dueAfter, lastDueBefore, type Timing } from './timing';

/** What one transaction fires for a schedule. */
export interface Firing {
  /** Due times to fire an event for, in order. */
  readonly dueTimes: readonly Date[];
  /** The due time after them, which may have passed, too; null if there is none. */
  readonly next: Date | null;
}

/** A schedule that is due. */
export interface DueSchedule {
  readonly timing: Timing;
  readonly catchUp: CatchUp;
  readonly nextDueAt: Date;
}

/** What is known of the time at which it is fired, by the clock of the database. */
export interface FiringTime {
  readonly now: Date;
  /** Since when some process has fired schedules without a gap. Due times before that were missed. */
  readonly firedSince: Date;
}

/** Events that one transaction stores for a schedule. */
const FIRED_AT_ONCE = 100;

/** The due times to fire now. Those that no process was there for are caught up on as `catchUp` says; each later one is fired. */
export function firingOf(
  { timing, catchUp, nextDueAt }: DueSchedule,
  { now, firedSince }: FiringTime,
  limit = FIRED_AT_ONCE,
): Firing {
  const isMissed = nextDueAt < firedSince && nextDueAt <= now;
  const dueTimes: Date[] = [];
  let next: Date | null = nextDueAt;
  if (isMissed && catchUp !== 'all') {
    if (catchUp === 'one') dueTimes.push(lastDueBefore(timing, firedSince, nextDueAt));
    next = dueAfter(timing, new Date(firedSince.getTime() - 1), nextDueAt);
  }
  while (next && next <= now && dueTimes.length < limit) {
    dueTimes.push(next);
    next = dueAfter(timing, next, next);
  }
  return { dueTimes, next };
}

/** Since when processes have fired schedules without a gap until now. */
export function firedSince(spans: readonly FiringSpan[], now: Date): Date {
  const latestFirst = [...spans].sort((a, b) => b.until.getTime() - a.until.getTime());
  let since = now;
  for (const span of latestFirst) {
    if (span.until < since) break;
    if (span.since < since) since = span.since;
  }
  return since;
}
