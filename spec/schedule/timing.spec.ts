import * as fc from 'fast-check';
import {
  cronProblem,
  dueAfter,
  isSameTiming,
  isTimezone,
  lastDueBefore,
  type Timing,
} from '../../lib/schedule/timing';

const at = (text: string): Date => new Date(text);

function dueTimes(cron: string, timezone: string, from: string, count: number): readonly string[] {
  const times: string[] = [];
  let last = at(from);
  while (times.length < count) {
    last = dueAfter({ kind: 'cron', cron, timezone }, last, last) as Date;
    times.push(last.toISOString().replace(':00.000Z', 'Z'));
  }
  return times;
}

describe('dueAfter', () => {
  it.each([
    {
      clocks: 'skip a fixed time, which is due at the first time after the gap',
      cron: '30 2 * * *',
      from: '2026-03-28T12:00:00Z',
      due: ['2026-03-29T01:00Z', '2026-03-30T00:30Z'],
    },
    {
      clocks: 'skip a fixed time of a list, which is due at the first time after the gap',
      cron: '0 2,14 * * *',
      from: '2026-03-28T20:00:00Z',
      due: ['2026-03-29T01:00Z', '2026-03-29T12:00Z', '2026-03-30T00:00Z'],
    },
    {
      clocks: 'skip two fixed times, which are due once',
      cron: '0,30 2 * * *',
      from: '2026-03-28T20:00:00Z',
      due: ['2026-03-29T01:00Z', '2026-03-30T00:00Z', '2026-03-30T00:30Z'],
    },
    {
      clocks: 'skip nothing at three o’clock',
      cron: '0 3 * * *',
      from: '2026-03-28T12:00:00Z',
      due: ['2026-03-29T01:00Z', '2026-03-30T01:00Z'],
    },
    {
      clocks: 'skip an hour of an interval',
      cron: '0 * * * *',
      from: '2026-03-28T23:30:00Z',
      due: ['2026-03-29T00:00Z', '2026-03-29T01:00Z', '2026-03-29T02:00Z'],
    },
    {
      clocks: 'repeat a fixed time, which is due once',
      cron: '30 2 * * *',
      from: '2026-10-24T12:00:00Z',
      due: ['2026-10-25T00:30Z', '2026-10-26T01:30Z'],
    },
    {
      clocks: 'repeat a fixed time of a list, which is due once',
      cron: '0 2,14 * * *',
      from: '2026-10-24T20:00:00Z',
      due: ['2026-10-25T00:00Z', '2026-10-25T13:00Z'],
    },
    {
      clocks: 'repeat an hour of an interval, which is due in both',
      cron: '*/30 2 * * *',
      from: '2026-10-24T20:00:00Z',
      due: [
        '2026-10-25T00:00Z',
        '2026-10-25T00:30Z',
        '2026-10-25T01:00Z',
        '2026-10-25T01:30Z',
        '2026-10-26T01:00Z',
      ],
    },
  ])('The clocks of Berlin $clocks: $cron', ({ cron, from, due }) => {
    expect(dueTimes(cron, 'Europe/Berlin', from, due.length)).toEqual(due);
  });

  it.each([
    { cron: '*/10 * * * * *', from: '2026-11-26T20:00:01Z', due: '2026-11-26T20:00:10.000Z' },
    { cron: '@daily', from: '2026-11-26T20:00:00Z', due: '2026-11-27T00:00:00.000Z' },
    { cron: '0 0 29 2 *', from: '2026-11-26T20:00:00Z', due: '2028-02-29T00:00:00.000Z' },
    { cron: '0 9 * * MON-FRI', from: '2026-11-27T10:00:00Z', due: '2026-11-30T09:00:00.000Z' },
    { cron: '0 0 L * *', from: '2026-11-26T20:00:00Z', due: '2026-11-30T00:00:00.000Z' },
    { cron: '0 0 * * 7', from: '2026-11-26T20:00:00Z', due: '2026-11-29T00:00:00.000Z' },
  ])('The expression $cron is due at $due after $from', ({ cron, from, due }) => {
    const timing = { kind: 'cron', cron, timezone: 'UTC' } as const;
    expect(dueAfter(timing, at(from), at(from))?.toISOString()).toBe(due);
  });

  it('An expression for a day that does not exist is never due', () => {
    const timing = { kind: 'cron', cron: '0 0 30 2 *', timezone: 'UTC' } as const;
    expect(dueAfter(timing, at('2026-01-01T00:00:00Z'), at('2026-01-01T00:00:00Z'))).toBeNull();
  });

  it('An interval counts from a due time, so that it does not drift', () => {
    const timing = { kind: 'every', everyMs: 1_000 } as const;
    const due = at('2026-11-26T20:00:00.250Z');
    expect(dueAfter(timing, at('2026-11-26T20:00:07.900Z'), due)).toEqual(
      at('2026-11-26T20:00:08.250Z'),
    );
    expect(dueAfter(timing, due, due)).toEqual(at('2026-11-26T20:00:01.250Z'));
  });
});

const cron: fc.Arbitrary<Timing> = fc.record({
  kind: fc.constant('cron' as const),
  cron: fc.constantFrom(
    ...['* * * * *', '*/7 * * * *', '30 2 * * *', '0,30 1-3 * * *', '0 2,14 * * *', '15 */3 * * 0'],
  ),
  timezone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'),
});
const every: fc.Arbitrary<Timing> = fc.record({
  kind: fc.constant('every' as const),
  everyMs: fc.integer({ min: 1_000, max: 86_400_000 }),
});
/** Around the days on which clocks are changed. */
const instant = fc
  .tuple(
    fc.constantFrom('2026-03-28', '2026-10-24', '2026-11-01', '2026-03-08', '2026-04-04'),
    fc.integer({ min: 0, max: 172_800_000 }),
  )
  .map(([day, ms]) => new Date(Date.parse(day) + ms));

describe('lastDueBefore', () => {
  it('It is the last of the due times that come before', () => {
    fc.assert(
      fc.property(
        fc.oneof(cron, every),
        instant,
        fc.integer({ min: 1, max: 20_000_000 }),
        (timing, from, aheadMs) => {
          const due = dueAfter(timing, from, from) as Date;
          const before = new Date(due.getTime() + aheadMs);
          let last = due;
          for (;;) {
            const next = dueAfter(timing, last, due) as Date;
            if (next >= before) break;
            last = next;
          }
          expect(lastDueBefore(timing, before, due)).toEqual(last);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('cronProblem', () => {
  it.each([
    { cron: '', problem: 'it has 1 fields' },
    { cron: '* * * *', problem: 'it has 4 fields' },
    { cron: '* * * * * * 2030', problem: 'it has 7 fields' },
    { cron: '2026-01-01T00:00:00', problem: 'it has 1 fields' },
    { cron: '61 * * * *', problem: 'Invalid value for minute: 61' },
    { cron: '? * * * *', problem: '`?` is not supported' },
    { cron: 'H * * * *', problem: expect.stringContaining('illegal characters') },
    { cron: '@reboot', problem: expect.stringContaining('not supported') },
    { cron: '@sometimes', problem: expect.any(String) },
    { cron: '5-1 * * * *', problem: expect.any(String) },
  ])('The expression "$cron" is refused', ({ cron: text, problem }) => {
    expect(cronProblem(text)).toEqual(problem);
  });

  it.each(['* * * * *', '* * * * * *', '@hourly', '@yearly', ' 0 3 * * 1-5 ', '0 0 * * FRI#2'])(
    'The expression "%s" is accepted',
    (text) => {
      expect(cronProblem(text)).toBeNull();
    },
  );
});

describe('isTimezone', () => {
  it.each([
    ['Europe/Berlin', true],
    ['UTC', true],
    ['Berlin', false],
    ['+02:00', false],
    ['', false],
    [null, false],
  ])('The time zone %p is accepted: %p', (timezone, isAccepted) => {
    expect(isTimezone(timezone)).toBe(isAccepted);
  });
});

describe('isSameTiming', () => {
  const nightly = { kind: 'cron', cron: '0 3 * * *', timezone: 'UTC' } as const;
  const hourly = { kind: 'every', everyMs: 3_600_000 } as const;

  it.each<[Timing, Timing, boolean]>([
    [nightly, { ...nightly }, true],
    [nightly, { ...nightly, timezone: 'Europe/Berlin' }, false],
    [nightly, { ...nightly, cron: '0 4 * * *' }, false],
    [nightly, hourly, false],
    [hourly, { ...hourly }, true],
    [hourly, { kind: 'every', everyMs: 1_000 }, false],
  ])('The timings %j and %j are the same: %p', (a, b, isSame) => {
    expect(isSameTiming(a, b)).toBe(isSame);
  });
});
