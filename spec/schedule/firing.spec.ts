import { firedSince, firingOf } from '../../lib/schedule/firing';
import type { CatchUp } from '../../lib/schedule/options';

/** A time of the minute at which the specs play. */
const at = (seconds: number): Date => new Date(Date.UTC(2026, 10, 26, 20, 0, 0) + seconds * 1_000);
const secondsOf = (date: Date | null) => date && (date.getTime() - at(0).getTime()) / 1_000;

interface Case {
  readonly catchUp: CatchUp;
  readonly nextDueAt: number;
  readonly firedSince: number;
  readonly now: number;
  readonly fired: readonly number[];
  readonly next: number;
}

const CASES: readonly Case[] = [
  // Nothing was missed.
  { catchUp: 'one', nextDueAt: 10, firedSince: 0, now: 10.01, fired: [10], next: 20 },
  { catchUp: 'none', nextDueAt: 10, firedSince: 0, now: 10.01, fired: [10], next: 20 },
  { catchUp: 'one', nextDueAt: 10, firedSince: 10, now: 10, fired: [10], next: 20 },
  // A process was there, and late.
  { catchUp: 'one', nextDueAt: 10, firedSince: 0, now: 35, fired: [10, 20, 30], next: 40 },
  { catchUp: 'none', nextDueAt: 10, firedSince: 0, now: 35, fired: [10, 20, 30], next: 40 },
  // No process was there until 45.
  { catchUp: 'one', nextDueAt: 10, firedSince: 45, now: 46, fired: [40], next: 50 },
  { catchUp: 'all', nextDueAt: 10, firedSince: 45, now: 46, fired: [10, 20, 30, 40], next: 50 },
  { catchUp: 'none', nextDueAt: 10, firedSince: 45, now: 46, fired: [], next: 50 },
  // No process was there until 25, and then one was late.
  { catchUp: 'one', nextDueAt: 10, firedSince: 25, now: 41, fired: [20, 30, 40], next: 50 },
  { catchUp: 'none', nextDueAt: 10, firedSince: 25, now: 41, fired: [30, 40], next: 50 },
  // The first process came when it was due.
  { catchUp: 'none', nextDueAt: 10, firedSince: 30, now: 30, fired: [30], next: 40 },
  { catchUp: 'one', nextDueAt: 10, firedSince: 30, now: 30, fired: [20, 30], next: 40 },
];

describe('firingOf', () => {
  it.each(CASES)(
    'A cron expression with catchUp $catchUp, due at $nextDueAt, fired since $firedSince, fires $fired at $now',
    ({ fired, next, ...one }) => {
      const timing = { kind: 'cron', cron: '*/10 * * * * *', timezone: 'UTC' } as const;
      const due = { timing, catchUp: one.catchUp, nextDueAt: at(one.nextDueAt) };
      const firing = firingOf(due, { now: at(one.now), firedSince: at(one.firedSince) });
      expect(firing.dueTimes.map(secondsOf)).toEqual(fired);
      expect(secondsOf(firing.next)).toBe(next);
    },
  );

  it.each(CASES)(
    'An interval with catchUp $catchUp, due at $nextDueAt, fired since $firedSince, fires $fired at $now',
    ({ fired, next, ...one }) => {
      const timing = { kind: 'every', everyMs: 10_000 } as const;
      const due = { timing, catchUp: one.catchUp, nextDueAt: at(one.nextDueAt) };
      const firing = firingOf(due, { now: at(one.now), firedSince: at(one.firedSince) });
      expect(firing.dueTimes.map(secondsOf)).toEqual(fired);
      expect(secondsOf(firing.next)).toBe(next);
    },
  );

  it('A long downtime is caught up on in parts', () => {
    const timing = { kind: 'every', everyMs: 1_000 } as const;
    const due = { timing, catchUp: 'all', nextDueAt: at(1) } as const;
    const { dueTimes, next } = firingOf(due, { now: at(86_400), firedSince: at(86_400) }, 3);
    expect(dueTimes.map(secondsOf)).toEqual([1, 2, 3]);
    expect(secondsOf(next)).toBe(4);
  });

  it('A downtime of a year of seconds costs no more than a short one', () => {
    const timing = { kind: 'cron', cron: '* * * * * *', timezone: 'UTC' } as const;
    const due = { timing, catchUp: 'one', nextDueAt: at(1) } as const;
    const year = 31_536_000;
    const firing = firingOf(due, { now: at(year), firedSince: at(year) });
    expect(firing.dueTimes.map(secondsOf)).toEqual([year - 1, year]);
  });
});

describe('firedSince', () => {
  const span = (since: number, until: number) => ({ since: at(since), until: at(until) });

  it.each([
    { spans: [], since: 100 },
    { spans: [span(50, 110)], since: 50 },
    { spans: [span(50, 90)], since: 100 },
    { spans: [span(80, 110), span(20, 85)], since: 20 },
    { spans: [span(80, 110), span(20, 70)], since: 80 },
    { spans: [span(20, 85), span(80, 110), span(0, 20)], since: 0 },
    { spans: [span(10, 110), span(90, 120)], since: 10 },
  ])('It is the beginning of the time without a gap: $since', ({ spans, since }) => {
    expect(secondsOf(firedSince(spans, at(100)))).toBe(since);
  });
});
