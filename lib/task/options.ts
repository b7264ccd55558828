import type { EntityManager } from 'typeorm';
import type { JsonValue } from '../base/json';
import { OptionInvalidError } from '../errors/option-errors';
import { headersProblem } from '../listener/saved/headers';
import { checkedOptions } from '../options/checked';
import type { HeaderValue } from '../options/header-value';
import {
  ANYTHING,
  FUNCTION,
  MANAGER,
  numberFrom,
  oneOf,
  type Rule,
  required,
  type Shape,
  TEXT,
  wholeNumberFrom,
} from '../options/rules';
import type { TaskArgs } from './args';
import type { TaskResult } from './result';

/** The HTTP method of a call of a remote task. */
export type TaskMethod = 'GET' | 'POST';

/** The reply that a task function `parse` reads. */
export interface TaskReply {
  readonly status: number;
  /** Names are in lower case. Several values of one name are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Options of a call of a remote task. */
export interface TaskOptions<Value = JsonValue> {
  /** Time limit of a request, from the DNS look-up to the last byte of the answer, in milliseconds. @defaultValue `5000` */
  readonly timeoutMs?: number;
  /**
   * Retries after no answer came, or one with a status of 500 or more. The delays are those of the option `delivery` of the attachment. An
   * answer in the protocol is never asked for again. @defaultValue `0`
   */
  readonly retries?: number;
  /** Further request headers. Values of `secret('…')` are encrypted in the database. */
  readonly headers?: Readonly<Record<string, HeaderValue>>;
  /**
   * Reads the answer in place of the protocol: it returns the value, or throws. It is a function of this process, so only this process runs
   * the task; if the process ends before, the task fails with `TASK_ABANDONED`.
   */
  readonly parse?: (text: string, reply: TaskReply) => Value | Promise<Value>;
  /** Called in this process with the value, when the task has succeeded. Not called if this process ends before. */
  readonly onSuccess?: (value: Value, task: TaskResult<Value>) => unknown;
  /** Called in this process with the error, when the task has failed. Not called if this process ends before. */
  readonly onFailure?: (error: Error, task: TaskResult<Value>) => unknown;
  /** How long the result is kept after the end of the task, in milliseconds; 0 keeps it for ever. @defaultValue `86400000` */
  readonly resultTtlMs?: number;
  /** Joins the transaction of this manager: the task runs if it commits. Without it, an ambient transaction is joined, if there is one. */
  readonly manager?: EntityManager;
}

/** A call of a remote task with all that it needs. */
export interface TaskCallOptions<Value = JsonValue> extends TaskOptions<Value> {
  /** An absolute URL. */
  readonly url: string;
  /** With `'GET'`, the arguments are merged into the query of the URL; with `'POST'`, they are a form. @defaultValue `'GET'` */
  readonly method?: TaskMethod;
  /** The arguments by name. @defaultValue `{}` */
  readonly args?: TaskArgs;
}

export const TASK_DEFAULTS = {
  timeoutMs: 5_000,
  retries: 0,
  resultTtlMs: 86_400_000,
} as const satisfies TaskOptions;

export const TASK_CALL_DEFAULTS = { method: 'GET', args: {} } as const satisfies Omit<
  TaskCallOptions,
  'url'
>;

/** A year: longer times are more likely to be a mistake. */
const LONGEST_TTL_MS = 31_536_000_000;

const RESULT_TTL: Rule = numberFrom(0, LONGEST_TTL_MS);

const CALL_SHAPE: Shape<TaskCallOptions<never>> = {
  url: required(TEXT),
  method: oneOf('GET', 'POST'),
  // Checked where they are encoded and validated.
  args: ANYTHING,
  headers: ANYTHING,
  timeoutMs: numberFrom(1, 300_000),
  retries: wholeNumberFrom(0, 1_000),
  parse: FUNCTION,
  onSuccess: FUNCTION,
  onFailure: FUNCTION,
  resultTtlMs: RESULT_TTL,
  manager: MANAGER,
};

/** Throws `OPTION_INVALID`. */
export function checkedCall<Value>(given: TaskCallOptions<Value>): TaskCallOptions<Value> {
  const call = checkedOptions(given, CALL_SHAPE as Shape<TaskCallOptions<Value>>);
  const problem = call.headers === undefined ? null : headersProblem(call.headers);
  if (problem !== null)
    throw new OptionInvalidError('headers', { option: 'headers', text: problem });
  return call;
}
