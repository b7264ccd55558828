import type { EntityManager } from 'typeorm';
import { isJson, isObjectLiteral, type JsonRecord, type JsonValue, toJson } from '../base/json';
import { OptionInvalidError } from '../errors/option-errors';
import { checkArgument, checkedOptions } from '../options/checked';
import { BOOLEAN, MANAGER, oneOf, type Rule, type Shape, wholeNumberFrom } from '../options/rules';
import { cronProblem, isTimezone, type Timing } from './timing';

export const CATCH_UPS = ['one', 'all', 'none'] as const;

/** What becomes of due times that passed while no process was there to fire them. */
export type CatchUp = (typeof CATCH_UPS)[number];

/** What `hooks.schedule` takes. Exactly one of `cron` and `everyMs` is given. */
export interface ScheduleOptions {
  /**
   * When it is due, as a cron expression: minute, hour, day of the month, month, day of the week, such as `'0 3 * * 1-5'`. A field for
   * seconds may come first. `@hourly`, `@daily`, `@weekly`, `@monthly` and `@yearly` are accepted, too.
   */
  readonly cron?: string;
  /** How often it is due, in milliseconds, from 100 to a year. The first time is that long after the schedule was stored. */
  readonly everyMs?: number;
  /** The time zone that `cron` is read in, such as `'Europe/Berlin'`. @defaultValue `'UTC'` */
  readonly timezone?: string;
  /** JSON that each event holds. @defaultValue `{}` */
  readonly data?: Readonly<Record<string, unknown>>;
  /** Whether it fires. If it is left out, a stored schedule stays as it is. @defaultValue `true` */
  readonly enabled?: boolean;
  /**
   * What is fired for due times that passed while no process was there: the last of them (`'one'`), each of them (`'all'`), or nothing
   * (`'none'`). @defaultValue `'one'`
   */
  readonly catchUp?: CatchUp;
}

export const SCHEDULE_DEFAULTS = {
  timezone: 'UTC',
  data: {},
  enabled: true,
  catchUp: 'one',
} as const satisfies Omit<Required<ScheduleOptions>, 'cron' | 'everyMs'>;

const LEAST_EVERY_MS = 100;
const YEAR_MS = 31_536_000_000;
/** As deep as the data of other events may be nested when it is compared. */
const MAX_LEVELS = 100;

const CRON: Rule = {
  accepts: (value) => typeof value === 'string',
  expected: 'a cron expression of 5 or 6 fields',
};

export const SCHEDULE_DATA: Rule = {
  accepts: (value) => isObjectLiteral(value) && isJson(value, MAX_LEVELS),
  expected: 'a plain object of JSON values',
};

export const SCHEDULE_SHAPE: Shape<ScheduleOptions> = {
  cron: CRON,
  everyMs: wholeNumberFrom(LEAST_EVERY_MS, YEAR_MS),
  timezone: {
    accepts: isTimezone,
    expected: "the name of a time zone, such as 'Europe/Berlin'",
    repeatsText: true,
  },
  data: SCHEDULE_DATA,
  enabled: BOOLEAN,
  catchUp: oneOf(...CATCH_UPS),
};

/** Options of `hooks.at()`. */
export interface AtOptions {
  /** Stores the event in the transaction of this manager. @defaultValue the ambient transaction, if there is one */
  readonly manager?: EntityManager;
}

export const AT_SHAPE: Shape<AtOptions> = { manager: MANAGER };

/** A schedule that was checked, with the defaults filled in. */
export interface CheckedSchedule {
  readonly timing: Timing;
  readonly timezone: string;
  readonly data: JsonRecord;
  /** Undefined if it was left out. */
  readonly enabled: boolean | undefined;
  readonly catchUp: CatchUp;
}

const MAX_NAME_LENGTH = 190;

/** A pattern of a listener can name the event only if its name has neither spaces nor stars. */
export function isScheduleName(name: unknown): name is string {
  return typeof name === 'string' && name.length <= MAX_NAME_LENGTH && /^[^\s*\p{C}]+$/u.test(name);
}

const NAME: Rule = {
  accepts: isScheduleName,
  expected: `a text of 1 to ${MAX_NAME_LENGTH} visible characters, without spaces and "*"`,
};

/** Throws `OPTION_INVALID`. */
export function checkScheduleName(name: unknown): asserts name is string {
  checkArgument('name', name, NAME);
}

/** Throws `OPTION_INVALID`, which names the option. */
export function checkedSchedule(name: string, given: ScheduleOptions): CheckedSchedule {
  const owner = `schedule "${name}"`;
  const { enabled, ...named } = checkedOptions(given, SCHEDULE_SHAPE, { owner });
  const options = { ...SCHEDULE_DEFAULTS, ...named };
  const { timezone, catchUp } = options;
  const timing = timingOf(options, owner);
  return { timing, timezone, data: jsonData(options.data), enabled, catchUp };
}

/** The data as it is stored. */
export function jsonData(data: Readonly<Record<string, unknown>>): JsonRecord {
  return toJson(data) as { readonly [key: string]: JsonValue };
}

function timingOf({ cron, everyMs, timezone }: ScheduleOptions, owner: string): Timing {
  if (cron !== undefined && everyMs !== undefined)
    throw invalid('everyMs', 'must be left out where `cron` is given', owner);
  if (everyMs !== undefined) return { kind: 'every', everyMs };
  if (cron === undefined)
    throw invalid('cron', 'must be given, or `everyMs`; both are missing', owner);
  const problem = cronProblem(cron);
  if (problem !== null)
    throw invalid('cron', `must be a cron expression of 5 or 6 fields: ${problem}`, owner);
  return { kind: 'cron', cron: cron.trim(), timezone: timezone ?? SCHEDULE_DEFAULTS.timezone };
}

function invalid(option: string, text: string, owner: string): OptionInvalidError {
  return new OptionInvalidError(option, { option, text }, owner);
}
