import type { DataSource, EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { callGuarded } from '../base/calling';
import { OptionInvalidError } from '../errors/option-errors';
import { loggable } from '../logging/loggable';
import type { Logger } from '../logging/logger';
import type { RecipientPolicy } from '../recipient/policy';
import { joinedRunner } from '../store/ambient';
import type { Store } from '../store/store';
import type { NewTaskRow } from '../store/tasks';
import type { Vault } from '../vault/vault';
import { argumentPairs, formBody, withQuery } from './args';
import { type Definition, laneOf } from './definitions';
import { OpenTransaction, type TaskLink } from './link';
import type { LocalFunctions } from './local-functions';
import { TASK_CALL_DEFAULTS, TASK_DEFAULTS, type TaskCallOptions } from './options';
import { TaskResult } from './result';
import { sealHeaders } from './sealed-headers';
import type { TaskWaits } from './waits';

export interface TaskCallingParts {
  readonly dataSource: DataSource;
  readonly store: Store;
  readonly policy: Pick<RecipientPolicy, 'checkTarget'>;
  readonly vault: Pick<Vault, 'seal'>;
  readonly logger: Pick<Logger, 'error'>;
  readonly link: TaskLink;
  readonly waits: TaskWaits;
  readonly functions: LocalFunctions;
  /** The longest URL or body of a request, in bytes. */
  readonly maxPayloadBytes: number;
}

type Callbacks<Value> = Pick<TaskCallOptions<Value>, 'onSuccess' | 'onFailure'>;

/** Stores tasks, so that they run. */
export class TaskCalling {
  constructor(private readonly parts: TaskCallingParts) {}

  /** A call of a remote task whose options are checked. Rejects with `OPTION_INVALID` and `RECIPIENT_REFUSED`. */
  async remote<Value>(call: TaskCallOptions<Value>): Promise<TaskResult<Value>> {
    const id = uuidv7();
    const row = this.#remoteRow(id, call);
    if (!call.parse) return this.#stored(row, call);
    this.parts.functions.add(id, call.parse);
    return this.#stored(row, call).catch((error: unknown) => {
      this.parts.functions.forget(id);
      throw error;
    });
  }

  /** A call of a task function of the application. */
  local(
    { name, options }: Definition,
    args: Readonly<Record<string, string>>,
    manager: EntityManager | undefined,
  ): Promise<TaskResult> {
    const row = {
      ...EMPTY_ROW,
      id: uuidv7(),
      lane: laneOf(name),
      args,
      timeout_ms: options.timeoutMs,
      result_ttl_ms: options.resultTtlMs,
    };
    return this.#stored(row, manager ? { manager } : {});
  }

  /** A task that was called before, as it is given again. */
  result<Value>(id: string, transaction: OpenTransaction | null = null): TaskResult<Value> {
    return new TaskResult<Value>(id, this.parts, transaction);
  }

  #remoteRow<Value>(id: string, call: TaskCallOptions<Value>): NewTaskRow {
    const options = { ...TASK_CALL_DEFAULTS, ...TASK_DEFAULTS, ...call };
    const { method, args, headers = {} } = options;
    const given = urlOf(call.url);
    const pairs = argumentPairs(args);
    const url = method === 'GET' ? withQuery(given, pairs) : given;
    const body = method === 'GET' ? null : formBody(pairs);
    this.#checkSize(url.href, body ?? '');
    this.parts.policy.checkTarget(url);
    return {
      ...EMPTY_ROW,
      ...sealHeaders(this.parts.vault, id, headers),
      id,
      lane: url.origin,
      method,
      url: url.href,
      body,
      timeout_ms: options.timeoutMs,
      retries: options.retries,
      result_ttl_ms: options.resultTtlMs,
      maker_id: call.parse ? this.#makerId : null,
    };
  }

  #checkSize(...texts: readonly string[]): void {
    const { maxPayloadBytes } = this.parts;
    if (texts.every(({ length }) => length <= maxPayloadBytes)) return;
    const expected = `at most ${maxPayloadBytes} bytes as they are sent (delivery.maxPayloadBytes)`;
    throw new OptionInvalidError('args', expected);
  }

  get #makerId(): string {
    const { processId } = this.parts.link;
    if (processId !== null) return processId;
    throw new OptionInvalidError(
      'parse',
      'left out in a process that runs no tasks (option `work`, `dispatcher` or `detach()`): no other process has the function',
    );
  }

  async #stored<Value>(
    row: NewTaskRow,
    { manager, ...callbacks }: Callbacks<Value> & Pick<TaskCallOptions, 'manager'>,
  ): Promise<TaskResult<Value>> {
    const { dataSource, store, link } = this.parts;
    const runner = joinedRunner(dataSource, manager);
    await (runner ? store.joining(runner) : store).tasks.add(row);
    if (runner) link.note(runner);
    else link.wake();
    const result = this.result<Value>(row.id, runner ? new OpenTransaction(runner) : null);
    this.#attend(result, row, callbacks, runner ? new OpenTransaction(runner) : null);
    return result;
  }

  /** Follows a task that has functions of this process to its end. */
  #attend<Value>(
    result: TaskResult<Value>,
    { id, maker_id }: NewTaskRow,
    { onSuccess, onFailure }: Callbacks<Value>,
    transaction: OpenTransaction | null,
  ): void {
    const { waits, functions } = this.parts;
    if (maker_id === null && !onSuccess && !onFailure) return;
    const ended = waits.outcome(id, { timeoutMs: ATTENDED_MS, transaction, isBackground: true });
    ended
      .then((outcome) => {
        if (outcome.kind === 'success')
          this.#call(id, () => onSuccess?.(outcome.value as Value, result));
        else this.#call(id, () => onFailure?.(outcome.error, result));
      })
      // The task was rolled back, takes too long, or this process stops.
      .catch(() => undefined)
      .finally(() => functions.forget(id));
  }

  #call(id: string, callback: () => unknown): void {
    callGuarded(callback, (error) =>
      this.parts.logger.error(`A callback of the task ${id} failed.`, { error: loggable(error) }),
    );
  }
}

/** Callbacks of a task that takes longer than a week are not called. */
const ATTENDED_MS = 604_800_000;

const EMPTY_ROW = {
  method: 'GET',
  url: null,
  body: null,
  args: null,
  headers: {},
  key_ids: [],
  retries: 0,
  maker_id: null,
} as const;

function urlOf(text: string): URL {
  if (!URL.canParse(text))
    throw new OptionInvalidError('url', 'an absolute URL like https://example.com/task');
  return new URL(text);
}
