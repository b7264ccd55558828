import { InvalidArgumentError } from 'commander';

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** What `prune` takes for "delete none". */
const NEVER = 'never';

/** Reads an age such as `7d` as milliseconds, and `never` as 0. */
export function ageMs(text: string): number {
  if (text === NEVER) return 0;
  const [, count, unit] = /^([1-9]\d{0,5})([smhd])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined)
    return Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  throw new InvalidArgumentError('It must be an age such as 7d, 12h, 30m or 45s, or never.');
}

const TIME = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/;

/** Reads a time in ISO 8601. A time of day needs its offset, so that it means the same on each machine. */
export function timeOf(text: string): Date {
  const time = new Date(text);
  const [, day] = TIME.exec(text) ?? [];
  if (day !== undefined && !Number.isNaN(time.getTime()) && isDay(day)) return time;
  throw new InvalidArgumentError(
    'It must be a time in ISO 8601 with an offset, such as 2026-01-31T12:00:00Z, or a day, such as 2026-01-31.',
  );
}

/** JavaScript takes 31 February for a day in March. */
function isDay(day: string): boolean {
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}

/** The bounds of `maxPerSecond`. */
const LEAST_RATE = 0.01;
const HIGHEST_RATE = 1_000_000;

/** Reads a number of things a second. */
export function rateOf(text: string): number {
  const rate = /^\d{1,7}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
  if (rate >= LEAST_RATE && rate <= HIGHEST_RATE) return rate;
  throw new InvalidArgumentError(`It must be a number from ${LEAST_RATE} to ${HIGHEST_RATE}.`);
}

/** Reads a text that is not empty: a variable that was not set must not count as a filter. */
export function filled(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('It must not be empty.');
}
