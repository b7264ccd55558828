import { timerMs } from '../base/deadline';
import type { Step } from './pipelined';

/** As single statements see the database, whatever isolation the application or the role has by default. */
export const READ_COMMITTED = frequent('BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE');
/** All statements see what was committed before the first one. */
export const REPEATABLE_READ = frequent('BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE');
export const COMMIT = frequent('COMMIT');
export const ROLLBACK: Step = { sql: 'ROLLBACK' };

/** How values are written as text. */
const NOTATION = {
  DateStyle: 'ISO, MDY',
  TimeZone: 'UTC',
  bytea_output: 'hex',
} as const;

/**
 * What our statements do must not depend on the settings of the role, the database, or earlier users of the connection. Each statement
 * looks up rows by index, so sequential scans and compilation are disabled, and pages in any order cost no more than neighbours:
 * without statistics, PostgreSQL would expect other plans to be cheaper, and they never are.
 */
const OWN_SETTINGS = {
  ...NOTATION,
  search_path: 'pg_catalog, pg_temp',
  extra_float_digits: '1',
  enable_seqscan: 'off',
  random_page_cost: '1',
  jit: 'off',
  lock_timeout: '0',
} as const;

/** The least time that the server waits for the next statement of a transaction. */
const LEAST_IDLE_MS = 5_000;

type Settings = Readonly<Record<string, string>>;

/** A commit does not wait until the disk has it, so that a crash of the database may undo it, and all later ones. */
export const NOT_DURABLE: Settings = { synchronous_commit: 'off' };
/** A prepared statement is planned once for all values. The plans of ours do not depend on them: each looks up rows by index. */
export const PLANNED_ONCE: Settings = { plan_cache_mode: 'force_generic_plan' };

/** Sets everything for one statement. The server ends it shortly before this process gives it up. */
export function statementSettings(statementTimeoutMs: number, further: Settings = {}): Step {
  return settingsStep({ ...ownSettings(statementTimeoutMs), ...further });
}

/**
 * Sets everything for a transaction. The server ends one whose process does not answer any more: its locks would keep other processes
 * from the rows.
 */
export function transactionSettings(statementTimeoutMs: number, further: Settings = {}): Step {
  const idleMs = timerMs(Math.ceil(Math.max(statementTimeoutMs, LEAST_IDLE_MS)));
  return settingsStep({
    ...ownSettings(statementTimeoutMs),
    idle_in_transaction_session_timeout: String(idleMs),
    ...further,
  });
}

/** How long a statement on a table of the application waits for a lock, such as that of a migration. */
const LOCK_TIMEOUT_MS = 1_000;
/** How long it may take at most: deliveries of other hooks wait for the connection. */
const APPLICATION_TIMEOUT_MS = 5_000;

/** Limits the time of one statement, and leaves everything else as the application has set it. */
export function timeLimits(statementTimeoutMs: number): Step {
  return settingsStep({
    statement_timeout: timeoutText(Math.min(statementTimeoutMs, APPLICATION_TIMEOUT_MS)),
    lock_timeout: String(LOCK_TIMEOUT_MS),
  });
}

/** Each of them costs the server some microseconds a statement. */
function ownSettings(statementTimeoutMs: number): Settings {
  return { ...OWN_SETTINGS, statement_timeout: timeoutText(statementTimeoutMs) };
}

/** The server's limit of times is that of timers. */
function timeoutText(statementTimeoutMs: number): string {
  return String(Math.max(1, Math.floor(timerMs(statementTimeoutMs * 0.9))));
}

/** Sets the notation of values in a transaction of the application, and keeps what it was. */
export const BORROWED: Step = {
  sql: `SELECT ${Object.entries(NOTATION)
    .flatMap(([name, value]) => [
      `set_config('model_hooks.${name}', current_setting('${name}'), true)`,
      `set_config('${name}', '${value}', true)`,
    ])
    .join(', ')}`,
};

/** Undoes `BORROWED`. */
export const GIVEN_BACK: Step = {
  sql: `SELECT ${Object.keys(NOTATION)
    .map((name) => `set_config('${name}', current_setting('model_hooks.${name}'), true)`)
    .join(', ')}`,
};

function settingsStep(settings: Settings): Step {
  const calls = Object.entries(settings).map(
    ([name, value]) => `set_config('${name}', '${value}', true)`,
  );
  return frequent(`SELECT ${calls.join(', ')}`);
}

function frequent(sql: string): Step {
  return { sql, isFrequent: true };
}
