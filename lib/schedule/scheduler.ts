import type { QueryRunner } from 'typeorm';
import { monotonicMs } from '../base/clock';
import { endsWithin, timerMs } from '../base/deadline';
import type { Wakeup } from '../delivery/chunk/wakeup';
import { DueTimer } from '../dispatch/due-timer';
import type { HookCatalog } from '../hook/catalog';
import { loggable } from '../logging/loggable';
import type { Logger } from '../logging/logger';
import type { Store } from '../store/store';
import type { DueSchedules } from './due-schedules';

export interface SchedulerParts {
  readonly store: Pick<Store, 'schedules' | 'foreign'>;
  readonly catalog: Pick<HookCatalog, 'find' | 'open'>;
  readonly due: Pick<DueSchedules, 'nextMs' | 'fire' | 'forgetLeft'>;
  readonly wakeup: Pick<Wakeup, 'committed'>;
  readonly logger: Pick<Logger, 'error'>;
}

export interface SchedulerOptions {
  readonly processId: string;
  readonly sweepMs: number;
}

/** A row that is due and cannot be claimed is being fired by another process. It is not looked for sooner than this. */
const LOCKED_MS = 100;
/** For how many sweeps a process is taken to go on after the last one, and for how long at least. */
const SWEEPS_AHEAD = 2;
const LEAST_AHEAD_MS = 2_000;
/** A process that could not look for this time longer, because its event loop or the database was busy, was there nevertheless. */
const LATE_MS = 60_000;

/**
 * Decides when this process looks for schedules that are due: at the nearest due time that it knows, and at each sweep. It says in the
 * database that it does so, so that due times are known to be missed if no process did.
 */
export class Scheduler {
  readonly #timer: DueTimer;
  /** Query runners in whose transaction a schedule was stored. */
  readonly #noted = new WeakSet<QueryRunner>();
  #sweeps: NodeJS.Timeout | undefined;
  #loop: Promise<void> | undefined;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #isSweepWanted = false;
  #isWanted = false;
  #isRunning = false;

  constructor(
    private readonly parts: SchedulerParts,
    private readonly options: SchedulerOptions,
  ) {
    this.#timer = new DueTimer({ committed: () => this.#wake() });
  }

  start(): void {
    this.#isRunning = true;
    this.#sweeps = setInterval(() => this.#sweep(), timerMs(this.options.sweepMs)).unref();
    this.#sweep();
  }

  /** A schedule was stored that is due in `afterMs`. */
  in(afterMs: number): void {
    if (!this.#isRunning) return;
    if (afterMs > 0) this.#timer.in(afterMs);
    else this.#wake();
  }

  /** A schedule was stored in the transaction of the runner. */
  note(runner: QueryRunner): void {
    this.#noted.add(runner);
  }

  committed(runner: QueryRunner): void {
    if (this.#noted.delete(runner)) this.#wake();
  }

  /** Resolves when everything that was due before is fired, as far as this process can. */
  async settle(): Promise<void> {
    this.#wake();
    while (this.#loop) await this.#loop;
  }

  /** Fires nothing more. Waits until the deadline for a transaction that is under way. */
  async stop(deadlineMs: number): Promise<void> {
    this.#isRunning = false;
    clearInterval(this.#sweeps);
    this.#timer.reset();
    if (this.#loop) await endsWithin(this.#loop, deadlineMs);
  }

  #sweep(): void {
    this.#isSweepWanted = true;
    this.#wake();
  }

  #wake(): void {
    if (!this.#isRunning) return;
    this.#isWanted = true;
    this.#loop ??= this.#run().finally(() => {
      this.#loop = undefined;
      if (this.#isWanted) this.#wake();
    });
  }

  async #run(): Promise<void> {
    while (this.#isWanted && this.#isRunning) {
      this.#isWanted = false;
      await this.#once().catch((error: unknown) => this.#failed(error));
    }
  }

  async #once(): Promise<void> {
    // After a busy time, the timer of a due time may come before that of the sweep.
    const isLate = monotonicMs() - this.#reportedAt > this.options.sweepMs;
    if (this.#isSweepWanted || isLate) await this.#report();
    this.#isSweepWanted = false;
    await this.#fireDue();
  }

  /** Says that this process fires schedules, and learns the hooks of events that a process stored and did not plan. */
  async #report(): Promise<void> {
    const { store, catalog, due, wakeup } = this.parts;
    const { processId, sweepMs } = this.options;
    due.forgetLeft();
    const aheadMs = Math.max(SWEEPS_AHEAD * sweepMs, LEAST_AHEAD_MS);
    await store.schedules.fires(processId, aheadMs, LATE_MS);
    this.#reportedAt = monotonicMs();
    const unknown = (await store.foreign.openHooks()).filter((name) => !catalog.find(name));
    for (const name of unknown) catalog.open(name);
    if (unknown.length > 0) wakeup.committed();
  }

  async #fireDue(): Promise<void> {
    const { due, wakeup } = this.parts;
    this.#timer.reset();
    for (;;) {
      const nextMs = await due.nextMs();
      if (!this.#isRunning || nextMs === null) return;
      if (nextMs > 0) return this.#timer.in(nextMs + 1);
      const { rows, events } = await due.fire();
      if (events > 0) wakeup.committed();
      if (rows === 0) return this.#timer.in(LOCKED_MS);
    }
  }

  /** While the process stops, its statements may be given up. */
  #failed(error: unknown): void {
    if (this.#isRunning)
      this.parts.logger.error('Schedules could not be fired; the next sweep tries again.', {
        error: loggable(error),
      });
  }
}
