import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../base/clock';
import { Deadline, endsWithin, timerMs } from '../base/deadline';
import { afterMsOf, isFinal } from '../delivery/chunk/outcome';
import type { OutcomeRecord } from '../delivery/chunk/outcome-record';
import type { Wakeable } from '../delivery/chunk/wakeup';
import { barredBy } from '../delivery/origins/restraints';
import { loggable } from '../logging/loggable';
import type { Logger } from '../logging/logger';
import type { Carrier } from './carrier';
import { DueTimer } from './due-timer';
import type { Housekeeping } from './housekeeping';
import type { Work } from './work';

export interface EngineOptions {
  readonly sweepMs: number;
  readonly leaseMs: number;
  readonly logger: Logger;
  /** Milliseconds on a clock that is never set. @defaultValue `monotonicMs` */
  readonly now?: () => number;
}

/** The longest time between two plans, unless the first plan left events or a commit waits. */
const LONGEST_PAUSE_MS = 10;
/** A due delivery that could not be claimed is held by another process, or was just given back; it is not tried sooner than this. */
const SOONEST_DUE_MS = 100;

/**
 * Decides when the pipeline plans committed events, claims due deliveries, and takes chunks that no process holds. There is one loop, so
 * that at most one plan is made at a time and each kind of work gets its turn.
 */
export class DeliveryEngine implements Wakeable {
  readonly #background = new Set<Promise<void>>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #now: () => number;
  readonly #due: DueTimer;
  #loop: Promise<void> | undefined;
  /** Events may have been committed. */
  #isPlanWanted = false;
  /** Deliveries may be due. */
  #isDueWanted = false;
  /** There may be chunks without a lease. */
  #isUnheldWanted = false;
  #isRunning = false;
  /** When the next plan may be made. */
  #planAt = Number.NEGATIVE_INFINITY;
  #planned = 0;

  constructor(
    private readonly work: Work,
    private readonly carrier: Pick<
      Carrier,
      'start' | 'stop' | 'close' | 'renew' | 'hasRoom' | 'inFlight' | 'restraints' | 'announceDue'
    >,
    private readonly housekeeping: Pick<Housekeeping, 'mendTurns' | 'prune' | 'heartbeat'>,
    private readonly options: EngineOptions,
  ) {
    this.#now = options.now ?? monotonicMs;
    this.#due = new DueTimer(this, this.#now);
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Events that were planned here since the start. */
  get planned(): number {
    return this.#planned;
  }

  /** Deliveries, outcomes and chunks that this process holds. */
  get inFlight(): number {
    return this.carrier.inFlight;
  }

  /** Whether a claim may be running whose result `inFlight` does not count yet. */
  get isBusy(): boolean {
    return this.#loop !== undefined || this.#background.size > 0;
  }

  /** Listeners that nothing is claimed for now. */
  get barred(): readonly string[] {
    return barredBy(this.carrier.restraints);
  }

  async start(): Promise<void> {
    this.#isRunning = true;
    await this.carrier.start(this.work);
    this.#every(this.options.sweepMs, () => this.#sweep());
    this.#every(this.options.leaseMs / 3, () => this.#renew());
    // Events that wait already do not wait for the first sweep.
    this.committed();
    this.#guard(this.#sweep());
  }

  /** Events may have been committed. Never waits, never throws. */
  committed(): void {
    this.#isPlanWanted = true;
    this.#resume();
  }

  /** A delivery is due in `afterMs`. */
  due(afterMs = 0): void {
    this.#due.in(afterMs);
    this.committed();
  }

  /** Another process has left deliveries or chunks that are due in `afterMs`. */
  left(afterMs: number): void {
    this.#isUnheldWanted = true;
    this.due(afterMs);
  }

  /** Outcomes are stored; `lost` holds the keys of chunks that another process has taken over. */
  recorded(records: readonly OutcomeRecord[], lost: ReadonlySet<string>): void {
    this.work.recorded(records, lost);
    for (const { outcome, ordered } of records) {
      const afterMs = ordered && isFinal(outcome) ? 0 : afterMsOf(outcome);
      if (afterMs === null) continue;
      if (this.#isRunning) this.#due.in(afterMs);
      this.carrier.announceDue(afterMs);
    }
  }

  /** Resolves when events that were committed before are planned and dispatched, as far as this process can. */
  async settle(): Promise<void> {
    this.committed();
    while (this.#loop) await this.#loop;
  }

  /**
   * Claims nothing more, gives back deliveries that were not started, and waits until the deadline for the others. Requests end by then;
   * their outcomes are stored afterwards.
   */
  async stop(deadlineMs: number): Promise<void> {
    const deadline = new Deadline(deadlineMs);
    this.#isRunning = false;
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    this.#due.reset();
    this.carrier.close();
    await endsWithin(Promise.all([this.#loop, ...this.#background]), deadline.leftMs);
    await this.carrier.stop(deadline.leftMs);
  }

  get #hasWork(): boolean {
    if (!this.#isRunning) return false;
    return this.#isPlanWanted || this.#isDueWanted || this.#isUnheldWanted || this.#due.isDue;
  }

  #resume(): void {
    if (!this.#hasWork) return;
    this.#loop ??= this.#run().finally(() => {
      this.#loop = undefined;
      this.#resume();
    });
  }

  async #run(): Promise<void> {
    while (this.#hasWork) {
      await this.#plan().catch((error: unknown) => {
        this.#isPlanWanted = false;
        this.#failed('Events could not be planned; the next sweep tries again.', error);
      });
      await this.#claimDue().catch((error: unknown) => {
        this.#isDueWanted = false;
        this.#failed('Due deliveries could not be claimed; the next sweep tries again.', error);
      });
      await this.#claimUnheld().catch((error: unknown) => {
        this.#isUnheldWanted = false;
        this.#failed('Chunks could not be claimed; the next sweep tries again.', error);
      });
    }
  }

  async #plan(): Promise<void> {
    if (!this.#isPlanWanted || !(await this.#hasRoom()) || !(await this.#isTimeToPlan())) return;
    this.#isPlanWanted = false;
    const startedAt = this.#now();
    const { planned, hasMore, hasDue, hasUnheld, isDispatched } = await this.work.plan();
    this.#planned += planned;
    if (hasDue) this.#isDueWanted = true;
    if (hasUnheld) this.#isUnheldWanted = true;
    if (!isDispatched) this.#isUnheldWanted = false;
    if (hasMore) this.#isPlanWanted = true;
    else this.#planAt = this.#now() + Math.min(this.#now() - startedAt, LONGEST_PAUSE_MS);
  }

  /**
   * Under load, the events of several commits are planned together: a plan for each would cost more than the commits themselves. The pause
   * is as long as the last plan took, so that a quick database is not waited for.
   */
  async #isTimeToPlan(): Promise<boolean> {
    const waitMs = this.#planAt - this.#now();
    if (waitMs <= 0 || this.work.isAwaited) return true;
    if (this.#isUnheldWanted || this.#isDueWanted) return false;
    await sleep(waitMs);
    return this.#isRunning;
  }

  async #claimDue(): Promise<void> {
    if (this.#due.isDue) {
      this.#due.reset();
      this.#isDueWanted = true;
    }
    if (!this.#isDueWanted || !(await this.#hasRoom())) return;
    const result = await this.work.claimDue();
    if (result.isClaimed) return;
    this.#isDueWanted = false;
    if (result.nextMs !== null) this.#due.in(Math.max(result.nextMs, SOONEST_DUE_MS));
  }

  async #claimUnheld(): Promise<void> {
    if (!this.#isUnheldWanted || !(await this.#hasRoom())) return;
    this.#isUnheldWanted = false;
    if (await this.work.claimUnheld()) this.#isUnheldWanted = true;
  }

  async #hasRoom(): Promise<boolean> {
    await this.carrier.hasRoom();
    return this.#isRunning;
  }

  async #sweep(): Promise<void> {
    this.#isUnheldWanted = true;
    await this.#each(
      () => this.housekeeping.mendTurns(),
      () => this.work.sweep(),
    );
    this.due();
    await this.#each(() => this.housekeeping.prune());
  }

  async #renew(): Promise<void> {
    await this.#each(
      () => this.carrier.renew(),
      () => this.housekeeping.heartbeat(),
    );
  }

  /** One step that fails does not keep the others from being done. */
  async #each(...steps: readonly (() => unknown)[]): Promise<void> {
    for (const step of steps)
      try {
        await step();
      } catch (error) {
        this.#failed('A part of a sweep failed; the next sweep tries again.', error);
      }
  }

  /** While the engine stops, its statements may be given up. */
  #failed(message: string, error: unknown): void {
    if (this.#isRunning) this.options.logger.error(message, { error: loggable(error) });
  }

  #every(intervalMs: number, work: () => Promise<void>): void {
    let isBusy = false;
    const timer = setInterval(() => {
      if (isBusy) return;
      isBusy = true;
      this.#guard(
        work().finally(() => {
          isBusy = false;
        }),
      );
    }, timerMs(intervalMs));
    this.#timers.push(timer.unref());
  }

  #guard(work: Promise<void>): void {
    const done = work.finally(() => this.#background.delete(done));
    this.#background.add(done);
  }
}
