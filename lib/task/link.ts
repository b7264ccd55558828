import type { QueryRunner } from 'typeorm';

/** The engine of a process that runs tasks, as other parts see it. */
export interface TaskWorker {
  readonly processId: string;
  /** Tasks may be ready. */
  wake(): void;
}

/** Leads from the calls of tasks to the engine of this process, if one runs. */
export class TaskLink {
  #worker: TaskWorker | undefined;
  #others: Pick<TaskWorker, 'wake'> | undefined;
  /** Query runners in whose transaction a task was stored. */
  readonly #noted = new WeakSet<QueryRunner>();

  /** Sets the engine that is woken from now on; undefined: none. */
  bind(worker: TaskWorker | undefined): void {
    this.#worker = worker;
  }

  /** Sets what notifies other processes of ready tasks, while no engine runs here. */
  bindOthers(others: Pick<TaskWorker, 'wake'> | undefined): void {
    this.#others = others;
  }

  /** The process that runs the tasks of this attachment; null if it runs none. */
  get processId(): string | null {
    return this.#worker?.processId ?? null;
  }

  wake(): void {
    (this.#worker ?? this.#others)?.wake();
  }

  /** A task was stored in the transaction of the runner. */
  note(runner: QueryRunner): void {
    this.#noted.add(runner);
  }

  committed(runner: QueryRunner): void {
    if (this.#noted.delete(runner)) this.wake();
  }
}

/** The transaction that a task is stored in. */
export class OpenTransaction {
  constructor(private readonly runner: QueryRunner) {}

  /** Whether it has neither been committed nor rolled back yet. */
  get isOpen(): boolean {
    return this.runner.isTransactionActive && !this.runner.isReleased;
  }
}
