/** Longest text that is parsed as a date-time. */
const MAX_INSTANT_LENGTH = 40;
const INSTANT = /^([+-]\d{6}|\d{4})-\d\d-\d\d/;

/** Milliseconds since 1970 of an ISO 8601 date-time. Null for other texts. */
export function instantMs(text: string): number | null {
  if (text.length > MAX_INSTANT_LENGTH || !INSTANT.test(text)) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}

const DATE = /^(\d{4,7})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])( BC)?$/;

/** A number with the order of dates as PostgreSQL writes them, including `0044-03-15 BC` and `infinity`. Null for other texts. */
export function dateNumber(text: string): number | null {
  if (text === 'infinity') return Number.POSITIVE_INFINITY;
  if (text === '-infinity') return Number.NEGATIVE_INFINITY;
  const [, year, month, day, isBeforeChrist] = DATE.exec(text) ?? [];
  if (year === undefined) return null;
  // There is no year zero: 1 BC comes right before year 1.
  const astronomical = isBeforeChrist ? 1 - Number(year) : Number(year);
  return (astronomical * 12 + Number(month)) * 31 + Number(day);
}

const TIME =
  /^([01]\d|2[0-4]):([0-5]\d):([0-5]\d|60)(?:\.(\d{1,9}))?(?:([+-])(\d\d)(?::?(\d\d))?(?::?(\d\d))?)?$/;

/** Nanoseconds since midnight, in UTC if the time has an offset. Null for other texts. */
export function timeNs(text: string): number | null {
  const parts = TIME.exec(text);
  if (!parts) return null;
  const [, hours, minutes, seconds, fraction = '', sign, ...offset] = parts;
  const [h, m, s] = offset;
  const offsetSeconds = (sign === '-' ? -1 : 1) * secondsOf(h, m, s);
  return (
    (secondsOf(hours, minutes, seconds) - offsetSeconds) * 1e9 + Number(fraction.padEnd(9, '0'))
  );
}

function secondsOf(hours = '0', minutes = '0', seconds = '0'): number {
  return Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds);
}

/** Numeric values of PostgreSQL that are not finite. */
export const SPECIAL_NUMBERS: ReadonlySet<string> = new Set(['NaN', 'Infinity', '-Infinity']);

/** A numeric column holds 131,072 digits before the point and 16,383 after it. */
const MAX_NUMERIC_LENGTH = 150_000;
const NUMERIC = /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,6})?$/i;

/** Whether a text is a number as PostgreSQL writes it. */
export function isNumericText(text: string): boolean {
  return text.length <= MAX_NUMERIC_LENGTH && NUMERIC.test(text);
}
