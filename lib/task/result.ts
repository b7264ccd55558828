import type { JsonValue } from '../base/json';
import { TaskNotFoundError } from '../errors/task-errors';
import { checkedOptions } from '../options/checked';
import { numberFrom, type Shape } from '../options/rules';
import type { Store } from '../store/store';
import type { TaskStatus } from '../store/tasks';
import type { OpenTransaction } from './link';
import type { TaskWaits } from './waits';

/** Options of `get()` of a task. */
export interface TaskGetOptions {
  /** How long to wait for the end of the task, in milliseconds. @defaultValue `30000` */
  readonly timeoutMs?: number;
}

export const TASK_GET_DEFAULTS = { timeoutMs: 30_000 } as const satisfies Required<TaskGetOptions>;

const GET_SHAPE: Shape<TaskGetOptions> = { timeoutMs: numberFrom(0, Number.POSITIVE_INFINITY) };

export interface TaskResultParts {
  readonly store: Pick<Store, 'tasks'>;
  readonly waits: Pick<TaskWaits, 'outcome'>;
}

/**
 * A task that was called: `hooks.tasks.result(id)` gives it again, in any process.
 *
 * @example
 * const task = await hooks.tasks.get<number>('https://example.com/multiply', { x: 10, y: 10 });
 * console.log(task.id, await task.status(), await task.get({ timeoutMs: 10_000 }));
 */
export class TaskResult<Value = JsonValue> {
  constructor(
    /** A UUID; the server gets it in the header `Task-Id`. */
    readonly id: string,
    private readonly parts: TaskResultParts,
    private readonly transaction: OpenTransaction | null = null,
  ) {}

  /** Rejects with `TASK_NOT_FOUND`. */
  async status(): Promise<TaskStatus> {
    const isUncommitted = this.transaction?.isOpen === true;
    const [row] = await this.parts.store.tasks.states([this.id]);
    if (!row && !isUncommitted) throw new TaskNotFoundError(this.id);
    return row?.status ?? 'pending';
  }

  /**
   * Waits for the end of the task. Resolves with its value, or rejects with its error: `RemoteExecuteError`, `InvalidResponseError`,
   * `RemoteTransportError` or one of their subclasses, `RECIPIENT_REFUSED`, `TASK_ABANDONED`, `SECRET_UNREADABLE`. Rejects with
   * `TASK_TIMEOUT` if the task has not ended in time, and with `TASK_NOT_FOUND`.
   */
  async get(options: TaskGetOptions = {}): Promise<Value> {
    const timeoutMs = getTimeoutMs(options);
    const { transaction } = this;
    const outcome = await this.parts.waits.outcome(this.id, { timeoutMs, transaction });
    if (outcome.kind === 'failure') throw outcome.error;
    return outcome.value as Value;
  }
}

/** Throws `OPTION_INVALID`. */
function getTimeoutMs(options: TaskGetOptions): number {
  return checkedOptions(options, GET_SHAPE).timeoutMs ?? TASK_GET_DEFAULTS.timeoutMs;
}
