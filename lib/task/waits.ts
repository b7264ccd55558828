import { monotonicMs } from '../base/clock';
import { endsWithin } from '../base/deadline';
import { StatementTimeoutError } from '../errors/attach-errors';
import { TaskNotFoundError, TaskTimeoutError } from '../errors/task-errors';
import { isLost } from '../store/retrying';
import type { Store } from '../store/store';
import { type EndedOutcome, outcomeOf } from './outcome';
import { Wait, type WaitOptions } from './wait';

/** Waits that begin or come due within this time are looked for together. */
const TOGETHER_MS = 2;
/** At the deadline of a wait the database has this time for one more answer. */
const LAST_ANSWER_MS = 500;

/** The engine of this process, which reports the ends of the tasks that it runs. */
export interface EndReporter {
  /** Null if this process runs no tasks. */
  readonly processId: string | null;
}

/** Waits for the ends of tasks. The engine of this process reports the ends of its tasks; the others are looked for, many at once. */
export class TaskWaits {
  readonly #waiting = new Map<string, Set<Wait>>();
  #awaited = 0;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(
    private readonly store: Pick<Store, 'tasks'>,
    private readonly reporter: EndReporter,
  ) {}

  /** Rejects with `TASK_TIMEOUT` and `TASK_NOT_FOUND`. */
  async outcome(id: string, options: WaitOptions): Promise<EndedOutcome> {
    const wait = new Wait(id, options, monotonicMs() + TOGETHER_MS);
    const isAwaited = !options.isBackground;
    this.#add(wait);
    if (isAwaited) this.#awaited += 1;
    wait.limit(() => this.#lastLook(wait));
    this.#lookAt(wait.lookAt);
    if (isAwaited) this.#timer?.ref();
    try {
      return await wait.outcome;
    } finally {
      this.#remove(wait);
      if (isAwaited) this.#awaited -= 1;
      if (this.#waiting.size === 0) this.#stopTimer();
    }
  }

  /** A task has ended in this process. */
  ended(id: string, outcome: EndedOutcome): void {
    for (const wait of this.#waiting.get(id) ?? []) wait.resolve(outcome);
  }

  /** Ends all waits with this error, or only those in the background. */
  close(error: Error, which: 'all' | 'background' = 'all'): void {
    for (const wait of this.#all())
      if (which === 'all' || wait.options.isBackground) wait.reject(error);
  }

  *#all(): Iterable<Wait> {
    for (const waits of this.#waiting.values()) yield* waits;
  }

  #add(wait: Wait): void {
    const waits = this.#waiting.get(wait.id) ?? new Set();
    this.#waiting.set(wait.id, waits.add(wait));
  }

  #remove(wait: Wait): void {
    const waits = this.#waiting.get(wait.id);
    waits?.delete(wait);
    if (waits?.size === 0) this.#waiting.delete(wait.id);
  }

  #lookAt(at: number): void {
    if (at >= this.#timerAt) return;
    this.#stopTimer();
    this.#timerAt = at;
    this.#timer = setTimeout(() => void this.#look(), at - monotonicMs());
    // A caller that awaits a task keeps the process alive; a callback does not.
    if (this.#awaited === 0) this.#timer.unref();
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timerAt = Number.POSITIVE_INFINITY;
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    const now = monotonicMs();
    await this.#lookFor([...this.#all()].filter(({ lookAt }) => lookAt <= now + TOGETHER_MS));
    this.#stopTimer();
    let next = Number.POSITIVE_INFINITY;
    for (const { lookAt } of this.#all()) next = Math.min(next, lookAt);
    this.#lookAt(next);
  }

  /** Never rejects. A database that cannot be reached may be back at the next look. */
  async #lookFor(waits: readonly Wait[]): Promise<void> {
    // A transaction that is open now may commit while the statement runs.
    const uncommitted = new Set(waits.filter(({ isUncommitted }) => isUncommitted));
    try {
      const rows = await this.store.tasks.states([...new Set(waits.map(({ id }) => id))]);
      const states = new Map(rows.map((row) => [row.id, row]));
      for (const wait of waits) {
        const row = states.get(wait.id);
        const outcome = row ? outcomeOf(wait.id, row) : null;
        if (outcome) wait.resolve(outcome);
        if (!row && !uncommitted.has(wait)) wait.reject(new TaskNotFoundError(wait.id));
      }
    } catch (error) {
      if (!(error instanceof StatementTimeoutError || isLost(error)))
        for (const wait of waits) wait.reject(error);
    }
    const isReported = this.reporter.processId !== null;
    for (const wait of waits) wait.lookLater(monotonicMs(), isReported);
  }

  async #lastLook(wait: Wait): Promise<void> {
    await endsWithin(this.#lookFor([wait]), LAST_ANSWER_MS);
    wait.reject(new TaskTimeoutError(wait.id, wait.options.timeoutMs));
  }
}
