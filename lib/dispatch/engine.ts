import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { NOTHING_PLANNED } from '../delivery/chunk/loading';
import type { OutcomeRecord } from '../delivery/chunk/outcome-record';
import type { Wakeable } from '../delivery/chunk/wakeup';
import { barredBy } from '../delivery/origins/restraints';
import { afterMsOf, isFinal } from '../delivery/record/recorder';
import { loggable } from '../logging/loggable';
import type { Logger } from '../logging/logger';
import type { Carrier } from './carrier';
import { type Claims, wasUnheld } from './claim/claims';
import { DueTimer } from './due-timer';
import type { Planner } from './plan/planner';
import type { Pruning } from './pruning';
import type { TrialWaits } from './trial-waits';

export interface EngineOptions {
  readonly sweepMs: number;
  readonly leaseMs: number;
}

/** Between two plans, unless the first one left something or somebody waits. */
const PLAN_INTERVAL_MS = 10;
/** Where others hold what is due, or it came back at once, there is no hurry. */
const SOONEST_DUE_MS = 100;
const PRUNE_EVERY_MS = 60_000;

/**
 * Keeps events moving: plans what was committed, claims what is due, takes chunks that nobody holds, and gives all of it to the
 * carrier. One loop, so that there is never more than one plan in the making, and each kind of work has its turn.
 */
export class DeliveryEngine implements Wakeable {
  readonly #background = new Set<Promise<void>>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #due = new DueTimer(() => this.committed());
  #loop: Promise<void> | undefined;
  /** Something may have been committed … */
  #isPlanWanted = false;
  /** … may be due … */
  #isDueWanted = false;
  /** … or may be held by nobody. */
  #isUnheldWanted = false;
  #isRunning = false;
  #prunedAt = Date.now();
  #plannedAt = 0;

  constructor(
    private readonly planner: Planner,
    private readonly claims: Claims,
    private readonly carrier: Carrier,
    private readonly pruning: Pruning,
    private readonly waits: TrialWaits,
    private readonly options: EngineOptions,
    private readonly logger: Logger,
  ) {}

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Deliveries and outcomes that are in this process's hands. */
  get inFlight(): number {
    return this.carrier.inFlight;
  }

  /** Something may just have been claimed of which this process does not know yet. */
  get isBusy(): boolean {
    return this.#loop !== undefined || this.#background.size > 0;
  }

  async start(): Promise<void> {
    this.#isRunning = true;
    await this.carrier.start();
    this.#every(this.options.sweepMs, () => this.#sweep());
    this.#every(this.options.leaseMs / 3, () => this.#renew());
    this.#guard(this.#sweep());
  }

  /** Something may have been committed. Never waits, never throws. */
  committed(): void {
    this.#isPlanWanted = true;
    this.#resume();
  }

  /** A delivery is due now, or in a while. */
  due(afterMs = 0): void {
    this.#due.in(afterMs);
    this.committed();
  }

  /** Listeners that nothing is claimed for at the moment. */
  get barred(): readonly string[] {
    return barredBy(this.carrier.restraints);
  }

  /** Resolves when what was committed before has been planned and handed over, as far as this process could. */
  async settle(): Promise<void> {
    this.committed();
    while (this.#loop) await this.#loop;
  }

  /** Called by the recorder: what was stored, and which chunks are somebody else's by now. */
  recorded(records: readonly OutcomeRecord[], lost: ReadonlySet<string>): void {
    this.waits.noteRecorded(records);
    this.carrier.noteRecorded(records, lost);
    for (const { outcome, ordered } of records) {
      const afterMs = ordered && isFinal(outcome) ? 0 : afterMsOf(outcome);
      if (afterMs !== null && this.#isRunning) this.#due.in(afterMs);
    }
  }

  /** Stops claiming, gives back what did not begin, waits for what did, and lets go of the rest. */
  async stop(deadlineMs: number): Promise<void> {
    this.#isRunning = false;
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    this.#due.reset();
    this.carrier.close();
    await this.#loop;
    await Promise.all(this.#background);
    await this.carrier.stop(deadlineMs);
    await this.claims.sayGoodbye();
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
      try {
        await this.#plan();
        await this.#claimDue();
        await this.#claimUnheld();
      } catch (error) {
        this.#isPlanWanted = false;
        this.#isDueWanted = false;
        this.#isUnheldWanted = false;
        this.logger.error('Events could not be planned; the next sweep tries again.', {
          error: loggable(error),
        });
      }
    }
  }

  async #plan(): Promise<void> {
    if (!this.#isPlanWanted || !(await this.#hasRoom()) || !(await this.#isTimeToPlan())) return;
    this.#isPlanWanted = false;
    const plan = await this.planner.plan();
    this.waits.notePlanned(plan);
    if (plan.scattered.size > 0) this.#isUnheldWanted = true;
    if (plan.queued.length > 0) this.#isDueWanted = true;
    if (!(await this.carrier.dispatch(plan.chunks, plan.events))) this.#isUnheldWanted = false;
    if (plan.hasMore) this.#isPlanWanted = true;
    else this.#plannedAt = performance.now();
  }

  /** Under load, plans a few commits together: a plan of its own for each would cost more than the commits themselves. */
  async #isTimeToPlan(): Promise<boolean> {
    const waitMs = this.#plannedAt + PLAN_INTERVAL_MS - performance.now();
    if (waitMs <= 0 || this.waits.isAwaited) return true;
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
    const { restraints } = this.carrier;
    const chunk = await this.claims.due(restraints);
    if (chunk) {
      await this.carrier.dispatch([chunk], null);
      return;
    }
    this.#isDueWanted = false;
    const nextMs = await this.claims.nextDueMs(restraints);
    if (nextMs !== null) this.#due.in(Math.max(nextMs, SOONEST_DUE_MS));
  }

  async #claimUnheld(): Promise<void> {
    if (!this.#isUnheldWanted || !(await this.#hasRoom())) return;
    const { places } = this.carrier;
    const chunks = await this.claims.abandoned(places);
    this.#isUnheldWanted = chunks.length === places;
    const untried = chunks.filter(wasUnheld);
    const others = chunks.filter((chunk) => !wasUnheld(chunk));
    // What the dispatcher refused is left to the next sweep.
    if (!(await this.carrier.dispatch(untried, NOTHING_PLANNED))) this.#isUnheldWanted = false;
    if (!(await this.carrier.dispatch(others, null))) this.#isUnheldWanted = false;
  }

  async #hasRoom(): Promise<boolean> {
    await this.carrier.room();
    return this.#isRunning;
  }

  async #sweep(): Promise<void> {
    this.#isUnheldWanted = true;
    await this.claims.mendTurns();
    await this.claims.mergeTurns();
    this.due();
    if (Date.now() - this.#prunedAt < PRUNE_EVERY_MS) return;
    if (!(await this.pruning.prune())) this.#prunedAt = Date.now();
  }

  async #renew(): Promise<void> {
    await this.claims.heartbeat(hostname(), process.pid);
    await this.carrier.renew();
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
    }, intervalMs);
    this.#timers.push(timer.unref());
  }

  #guard(work: Promise<void>): void {
    const done = work
      .catch((error: unknown) => {
        if (this.#isRunning)
          this.logger.error('A sweep failed; the next one tries again.', {
            error: loggable(error),
          });
      })
      .finally(() => this.#background.delete(done));
    this.#background.add(done);
  }
}
