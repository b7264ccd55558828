import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from '../delivery/reply/backoff';
import { InvalidResponseError } from '../errors/task-errors';
import type { RetryOptions } from '../options/delivery';
import { isRefusal } from '../store/refusal';
import type { Store } from '../store/store';
import type { TakenTask } from '../store/tasks';
import type { LocalFunctions } from './local-functions';
import { type EndedOutcome, endOf, failure, type TaskOutcome } from './outcome';
import type { TaskWaits } from './waits';

export interface TaskEndsParts {
  readonly store: Pick<Store, 'tasks'>;
  readonly functions: Pick<LocalFunctions, 'forget'>;
  readonly waits: Pick<TaskWaits, 'ended'>;
}

/** Tries to store an outcome while the database cannot be reached. */
const TRIES = 6;
const PAUSE_MS = 250;

/** Stores how runs of tasks end: the result, or that the task is run again. */
export class TaskEnds {
  constructor(
    private readonly parts: TaskEndsParts,
    private readonly retry: Required<RetryOptions>,
    private readonly pauseMs = PAUSE_MS,
  ) {}

  /** Returns the delay of a retry; null if there is none. Rejects if the database fails for longer, or the signal is aborted then. */
  async store(task: TakenTask, outcome: TaskOutcome, signal: AbortSignal): Promise<number | null> {
    for (let tries = 1; ; tries += 1)
      try {
        return await this.#store(task, outcome);
      } catch (error) {
        if (tries >= TRIES || signal.aborted) throw error;
        await sleep(this.pauseMs * tries, undefined, { ref: false });
      }
  }

  async #store(task: TakenTask, outcome: TaskOutcome): Promise<number | null> {
    const { tasks } = this.parts.store;
    const afterMs = outcome.kind === 'stopped' ? null : this.#retryAfterMs(task, outcome);
    if (outcome.kind === 'stopped') await tasks.release([task]);
    else if (afterMs === null) await this.#end(task, outcome);
    else await tasks.retry(task, afterMs);
    return afterMs;
  }

  /** Null if the outcome is final. */
  #retryAfterMs({ retries, retried }: TakenTask, outcome: EndedOutcome): number | null {
    if (outcome.kind !== 'failure' || !outcome.isTransient || retried >= retries) return null;
    return Math.max(backoffMs(retried + 1, this.retry), outcome.afterMs ?? 0);
  }

  async #end(task: TakenTask, outcome: EndedOutcome): Promise<void> {
    const { store, functions, waits } = this.parts;
    let ended = outcome;
    const isStored = await store.tasks.end(task, endOf(outcome)).catch((error: unknown) => {
      if (!isRefusal(error)) throw error;
      ended = failure(new InvalidResponseError('the database cannot store it.', { cause: error }));
      return store.tasks.end(task, endOf(ended));
    });
    // Another process has taken the task; its outcome counts.
    if (!isStored) return;
    functions.forget(task.id);
    waits.ended(task.id, ended);
  }
}
