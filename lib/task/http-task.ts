import type { JsonValue } from '../base/json';
import { OptionInvalidError } from '../errors/option-errors';
import type { HeaderValue } from '../options/header-value';
import type { TaskArgs } from './args';
import type { TaskMethod, TaskOptions, TaskReply } from './options';
import type { TaskResult } from './result';
import { Tasks } from './tasks';

/**
 * A remote task as a class: its URL, its options, and the types of its arguments and its value. Extend it, and call it.
 *
 * @example
 * class Resize extends HttpTask<{ image: number; width: number }, { url: string }> {
 *   readonly url = 'https://example.com/resize';
 *   override readonly method = 'POST';
 * }
 * const task = await new Resize(hooks).call({ image: 7, width: 200 });
 * const { url } = await task.get();
 */
export abstract class HttpTask<Args extends object = TaskArgs, Value = JsonValue> {
  /** An absolute URL. */
  abstract readonly url: string;
  /** With `'GET'`, the arguments are merged into the query of the URL; with `'POST'`, they are a form. */
  readonly method: TaskMethod = 'GET';
  /** See `TaskOptions`. */
  readonly timeoutMs?: number;
  readonly retries?: number;
  readonly headers?: Readonly<Record<string, HeaderValue>>;
  readonly resultTtlMs?: number;
  readonly #tasks: Tasks;

  /** `hooks`, or `hooks.tasks`. Throws `OPTION_INVALID`. */
  constructor(hooks: Tasks | { readonly tasks: Tasks }) {
    const tasks = hooks instanceof Tasks ? hooks : hooks?.tasks;
    if (!(tasks instanceof Tasks)) throw new OptionInvalidError('hooks', 'hooks or hooks.tasks');
    this.#tasks = tasks;
  }

  /** Reads the answer in place of the protocol; see `TaskOptions`. */
  parse?(text: string, reply: TaskReply): Value | Promise<Value>;

  /** Called in this process with the value, when the task has succeeded. */
  onSuccess?(value: Value, task: TaskResult<Value>): unknown;

  /** Called in this process with the error, when the task has failed. */
  onFailure?(error: Error, task: TaskResult<Value>): unknown;

  /** Calls the task, as `hooks.tasks.call` does. `options` replace what the class says. */
  async call(args: Args, options: TaskOptions<Value> = {}): Promise<TaskResult<Value>> {
    const { url, method } = this;
    return this.#tasks.call<Value>({
      ...this.#options,
      ...options,
      url,
      method,
      args: args as TaskArgs,
    });
  }

  /** What the class sets. */
  get #options(): TaskOptions<Value> {
    const { timeoutMs, retries, headers, resultTtlMs } = this;
    const own = { timeoutMs, retries, headers, resultTtlMs };
    const functions = {
      parse: this.parse?.bind(this),
      onSuccess: this.onSuccess?.bind(this),
      onFailure: this.onFailure?.bind(this),
    };
    const given = Object.entries({ ...own, ...functions }).filter(
      ([, value]) => value !== undefined,
    );
    return Object.fromEntries(given);
  }
}
