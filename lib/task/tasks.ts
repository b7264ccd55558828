import type { EntityManager } from 'typeorm';
import { validate as isUuid } from 'uuid';
import type { JsonValue } from '../base/json';
import { checkArgument, checkedOptions } from '../options/checked';
import { MANAGER, OPTIONS, type Shape } from '../options/rules';
import type { Store } from '../store/store';
import type { TaskArgs } from './args';
import type { TaskCalling } from './calling';
import type { Definition, Definitions, TaskDefineOptions, TaskFunction } from './definitions';
import { Gateway, type GatewayOptions, type GatewayParts } from './gateway';
import { checkedCall, type TaskCallOptions, type TaskOptions } from './options';
import type { TaskResult } from './result';
import { checkedTexts } from './texts';

export interface TasksParts extends Pick<GatewayParts, 'logger' | 'schedules'> {
  readonly store: Pick<Store, 'tasks'>;
  readonly calling: TaskCalling;
  readonly definitions: Definitions;
}

/** Remote tasks: `hooks.tasks`. A call is stored, a process of the database runs it, and its result is stored. */
export class Tasks {
  constructor(private readonly parts: TasksParts) {}

  /**
   * Calls a remote task by GET, with the arguments in the query. Resolves when the call is stored. Rejects with `OPTION_INVALID` and
   * `RECIPIENT_REFUSED`.
   *
   * @example
   * const task = await hooks.tasks.get<number>('https://example.com/multiply', { x: 10, y: 10 });
   * const product = await task.get();
   */
  async get<Value = JsonValue>(
    url: string,
    args: TaskArgs = {},
    options: TaskOptions<Value> = {},
  ): Promise<TaskResult<Value>> {
    return this.#called({ options, url, args, method: 'GET' });
  }

  /**
   * Calls a remote task by POST, with the arguments as a form. Resolves when the call is stored. Rejects with `OPTION_INVALID` and
   * `RECIPIENT_REFUSED`.
   *
   * @example
   * const task = await hooks.tasks.post('https://example.com/resize', { image: 7 }, { retries: 3 });
   */
  async post<Value = JsonValue>(
    url: string,
    args: TaskArgs = {},
    options: TaskOptions<Value> = {},
  ): Promise<TaskResult<Value>> {
    return this.#called({ options, url, args, method: 'POST' });
  }

  /**
   * As `get` and `post`, with everything in one object.
   *
   * @example
   * const parse = (text: string) => text.length;
   * const task = await hooks.tasks.call({ url: 'https://example.com/page', parse });
   */
  async call<Value = JsonValue>(options: TaskCallOptions<Value>): Promise<TaskResult<Value>> {
    return this.parts.calling.remote(checkedCall(options));
  }

  /**
   * A task that was called before, by any process. Null if none of that id is stored.
   *
   * @example
   * const task = await hooks.tasks.result<number>('0193a5c4-6f4e-7c5b-8f3e-2f6d0a7b1c9e');
   * console.log(await task?.status());
   */
  async result<Value = JsonValue>(id: string): Promise<TaskResult<Value> | null> {
    if (!isUuid(id)) return null;
    const [row] = await this.parts.store.tasks.states([id]);
    return row ? this.parts.calling.result<Value>(row.id) : null;
  }

  /**
   * Defines a task of this application. A process that has defined it runs its calls: those of the gateway, and those of `apply` of the
   * returned object. Throws `OPTION_INVALID`.
   *
   * @example
   * const multiply = hooks.tasks.define('multiply', ({ x, y }) => Number(x) * Number(y));
   * const task = await multiply.apply({ x: '10', y: '10' });
   */
  define(name: string, fn: TaskFunction, options: TaskDefineOptions = {}): DefinedTask {
    const definition = this.parts.definitions.add(name, fn, options);
    return new DefinedTask(definition, this.parts.calling);
  }

  /**
   * Serves the defined tasks over HTTP: `apply/<task>`, `<id>/status`, `<id>/done` and `tasks`. It has no route until it is mounted, and
   * refuses each request that `authenticate` does not accept. Throws `OPTION_INVALID`.
   *
   * @example
   * const authenticate = (request: Request) => request.headers.get('authorization') === process.env.TASK_TOKEN;
   * const { fetch } = hooks.tasks.gateway({ authenticate, basePath: '/tasks' });
   */
  gateway(options: GatewayOptions): Gateway {
    return new Gateway(this.parts, options);
  }

  async #called<Value>({
    options,
    ...call
  }: TaskCallOptions<Value> & { readonly options: TaskOptions<Value> }): Promise<
    TaskResult<Value>
  > {
    checkArgument('options', options, OPTIONS);
    return this.parts.calling.remote(checkedCall({ ...options, ...call }));
  }
}

/** A task function that was defined: what `hooks.tasks.define` returns. */
export class DefinedTask {
  constructor(
    private readonly definition: Definition,
    private readonly calling: TaskCalling,
  ) {}

  get name(): string {
    return this.definition.name;
  }

  /**
   * Stores a call, which a process that has defined the task runs. Resolves when the call is stored. Rejects with `OPTION_INVALID`.
   *
   * @example
   * await hooks.tasks.define('greet', ({ name }) => `Hello, ${name}!`).apply({ name: 'Joe' });
   */
  async apply(
    args: Readonly<Record<string, string>> = {},
    options: TaskApplyOptions = {},
  ): Promise<TaskResult> {
    const { manager } = checkedOptions(options, APPLY_SHAPE);
    return this.calling.local(this.definition, checkedTexts(args), manager);
  }
}

/** Options of a call of a defined task. */
export interface TaskApplyOptions {
  /** Joins the transaction of this manager: the task runs if it commits. Without it, an ambient transaction is joined, if there is one. */
  readonly manager?: EntityManager;
}

const APPLY_SHAPE: Shape<TaskApplyOptions> = { manager: MANAGER };
