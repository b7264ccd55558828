import { setMaxListeners } from 'node:events';
import { Deadline, endsWithin, timerMs } from '../base/deadline';
import type { HttpClient } from '../delivery/http/http-client';
import { DueTimer } from '../dispatch/due-timer';
import { loggable } from '../logging/loggable';
import type { Logger } from '../logging/logger';
import type { Lease } from '../store/chunks';
import type { Store } from '../store/store';
import { FUNCTION_LANE, type TakenTask, type TaskClaim } from '../store/tasks';
import type { Definitions } from './definitions';
import type { TaskEnds } from './ends';
import type { TaskWorker } from './link';
import type { RemoteCalls } from './remote-call';

export interface TaskEngineParts {
  readonly store: Pick<Store, 'tasks'>;
  readonly client: Pick<HttpClient, 'close'>;
  readonly calls: Pick<RemoteCalls, 'run'>;
  readonly definitions: Pick<Definitions, 'run' | 'lanes'>;
  readonly ends: Pick<TaskEnds, 'store'>;
  readonly logger: Logger;
}

export interface TaskEngineOptions {
  readonly lease: Lease;
  readonly sweepMs: number;
  readonly encryptionKeyIds: readonly string[];
  /** Tasks that run at once, and those of one lane. */
  readonly maxConcurrency: number;
  readonly maxConcurrencyPerLane: number;
}

/** Time between two runs of pruning. Sweeps start them. */
const PRUNE_EVERY_MS = 30_000;
/** Runs that were broken off have this time to end. */
const BREAKING_OFF_MS = 500;

/**
 * Runs the tasks of the database in this process: claims those that are ready, as many as there is room for, calls them, and stores how
 * they end. It holds no connection while a task runs. Its places are its own, so that tasks and deliveries do not delay each other.
 */
export class TaskEngine implements TaskWorker {
  readonly #held = new Map<string, TakenTask>();
  readonly #runs = new Set<Promise<void>>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #due: DueTimer;
  readonly #stopping = new AbortController();
  #loop: Promise<void> | undefined;
  #background = Promise.resolve();
  #isRunning = false;
  #isWanted = false;
  #prunedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly parts: TaskEngineParts,
    private readonly options: TaskEngineOptions,
  ) {
    this.#due = new DueTimer({ committed: () => this.wake() });
    // Each task that runs listens to it; Node warns of a leak above ten listeners.
    setMaxListeners(0, this.#stopping.signal);
  }

  get processId(): string {
    return this.options.lease.processId;
  }

  /** Tasks that run here, or may be claimed at the moment. */
  get inFlight(): number {
    return this.#held.size + (this.#loop ? 1 : 0);
  }

  start(): void {
    this.#isRunning = true;
    this.#every(this.options.sweepMs, () => this.#sweep());
    this.#every(this.options.lease.leaseMs / 3, () => this.#renew());
    this.wake();
  }

  /** Tasks may be ready. Never waits, never throws. */
  wake(): void {
    this.#isWanted = true;
    this.#resume();
  }

  /** How many tasks this process could take now. */
  countReady(): Promise<number> {
    return this.parts.store.tasks.countReady(this.#claimOptions);
  }

  /** Claims nothing more, waits until the deadline for the tasks that run, breaks the others off and gives them back. */
  async stop(deadlineMs: number): Promise<void> {
    const deadline = new Deadline(deadlineMs);
    this.#isRunning = false;
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    this.#due.reset();
    await endsWithin(Promise.all([this.#loop, this.#background]), deadline.leftMs);
    await endsWithin(Promise.all(this.#runs), deadline.leftMs);
    this.#stopping.abort(new Error('the process stopped'));
    await endsWithin(Promise.all(this.#runs), BREAKING_OFF_MS);
    await this.parts.client.close();
    await this.parts.store.tasks.release([...this.#held.values()]);
  }

  get #room(): number {
    return this.options.maxConcurrency - this.#held.size;
  }

  get #running(): Readonly<Record<string, number>> {
    const counts = new Map<string, number>();
    for (const { lane } of this.#held.values()) counts.set(lane, (counts.get(lane) ?? 0) + 1);
    return Object.fromEntries(counts);
  }

  get #claimOptions(): TaskClaim {
    const { lease, encryptionKeyIds, maxConcurrencyPerLane } = this.options;
    return {
      ...lease,
      encryptionKeyIds,
      known: this.parts.definitions.lanes,
      running: this.#running,
      perLane: maxConcurrencyPerLane,
      room: this.#room,
    };
  }

  #resume(): void {
    if (!this.#isRunning || !this.#isWanted || this.#room <= 0) return;
    this.#loop ??= this.#claimAll().finally(() => {
      this.#loop = undefined;
      this.#resume();
    });
  }

  async #claimAll(): Promise<void> {
    while (this.#isRunning && this.#isWanted && this.#room > 0) {
      this.#isWanted = false;
      try {
        const tasks = await this.parts.store.tasks.claim(this.#claimOptions);
        for (const task of tasks) this.#begin(task);
      } catch (error) {
        this.#failed('Tasks could not be claimed; the next sweep tries again.', error);
      }
    }
  }

  #begin(task: TakenTask): void {
    this.#held.set(task.id, task);
    const run = this.#run(task).finally(() => {
      this.#held.delete(task.id);
      this.#runs.delete(run);
      // There may be tasks that were not claimed, because there was no place when the last claim began.
      this.wake();
    });
    this.#runs.add(run);
  }

  async #run(task: TakenTask): Promise<void> {
    const { calls, definitions, ends } = this.parts;
    const { signal } = this.#stopping;
    const work = task.lane.startsWith(FUNCTION_LANE) ? definitions : calls;
    const outcome = await work.run(task, signal);
    try {
      const retryMs = await ends.store(task, outcome, signal);
      if (retryMs !== null && this.#isRunning) this.#due.in(retryMs);
    } catch (error) {
      this.#failed('The end of a task could not be stored; the task is run again.', error);
    }
  }

  async #sweep(): Promise<void> {
    this.wake();
    if (performance.now() - this.#prunedAt < PRUNE_EVERY_MS) return;
    this.#prunedAt = performance.now();
    while (this.#isRunning && (await this.parts.store.tasks.prune()));
  }

  #renew(): Promise<void> {
    return this.parts.store.tasks.renew([...this.#held.values()], this.options.lease.leaseMs);
  }

  #every(intervalMs: number, work: () => Promise<void>): void {
    let isBusy = false;
    const timer = setInterval(() => {
      if (isBusy) return;
      isBusy = true;
      const done = work()
        .catch((error: unknown) => this.#failed('A part of a sweep of tasks failed.', error))
        .finally(() => {
          isBusy = false;
        });
      this.#background = Promise.all([this.#background, done]).then(() => undefined);
    }, timerMs(intervalMs));
    this.#timers.push(timer.unref());
  }

  /** While the engine stops, its statements may be given up. */
  #failed(message: string, error: unknown): void {
    if (this.#isRunning) this.parts.logger.error(message, { error: loggable(error) });
  }
}
