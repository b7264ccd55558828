import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Chunk } from '../delivery/chunk';
import type { PlannedEvents } from '../delivery/loading';
import { afterMsOf, type OutcomeRecord, type Recorder } from '../delivery/recorder';
import type { Sender } from '../delivery/sender';
import type { Logger } from '../logger';
import type { Claims } from './claims';
import type { Dispatcher, Engine } from './dispatcher';
import { DueTimer } from './due-timer';
import type { Planner } from './planner';
import type { Pruning } from './pruning';
import type { TrialWaits } from './trial-waits';

interface Offer {
  readonly chunk: Chunk;
  /** Of a chunk that was planned here just now. */
  readonly events: PlannedEvents | null;
}

export interface EngineOptions {
  readonly sweepMs: number;
  readonly leaseMs: number;
}

/** Events planned at once. */
const PLAN_LIMIT = 500;
/** Between two plans, unless the first one left something or somebody waits. */
const PLAN_INTERVAL_MS = 10;
/** Deliveries held here at once: no more is planned or claimed before there is room. */
const MAX_HELD = 2_000;
const ROOM_POLL_MS = 20;
/** Chunks taken over at once. */
const ABANDONED_LIMIT = 8;
/** Where others hold what is due, or it came back at once, there is no hurry. */
const SOONEST_DUE_MS = 100;
const PRUNE_EVERY_MS = 60_000;

/**
 * Keeps events moving: plans what was committed, claims what is due, takes over what others left, and hands all of it to the
 * dispatcher. One loop, so that there is never more than one plan in the making.
 */
export class DeliveryEngine implements Engine {
  /** Chunks that are being sent from here; their leases are renewed. */
  readonly #held = new Map<string, Chunk>();
  /** Chunks that the dispatcher is being given: ours already, if it hands them straight back. */
  readonly #offered = new Map<string, Offer>();
  readonly #sending = new Set<Promise<void>>();
  readonly #sweeps = new Set<Promise<void>>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #due = new DueTimer(() => this.wake());
  #loop: Promise<void> | undefined;
  #wanted = false;
  #isRunning = false;
  #prunedAt = Date.now();
  #plannedAt = 0;

  constructor(
    private readonly planner: Planner,
    private readonly claims: Claims,
    private readonly sender: Sender,
    private readonly recorder: Recorder,
    private readonly pruning: Pruning,
    private readonly dispatcher: Dispatcher,
    private readonly waits: TrialWaits,
    private readonly options: EngineOptions,
    private readonly logger: Logger,
  ) {}

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Deliveries and outcomes that are in this process's hands. */
  get inFlight(): number {
    return this.sender.size + this.recorder.size + this.#held.size;
  }

  async start(): Promise<void> {
    this.#isRunning = true;
    await this.dispatcher.start?.(this);
    this.#every(this.options.sweepMs, () => this.#sweep());
    this.#every(this.options.leaseMs / 3, () => this.#renew());
    this.#guard(this.#sweep());
  }

  /** Something may have been committed. Never waits, never throws. */
  wake(): void {
    if (!this.#isRunning) return;
    this.#wanted = true;
    this.#loop ??= this.#run().finally(() => {
      this.#loop = undefined;
      if (this.#wanted) this.wake();
    });
  }

  /** A delivery is due now. */
  wakeForDue(): void {
    this.#due.in(0);
    this.wake();
  }

  /** Resolves when what was committed before has been planned and handed over, as far as this process could. */
  async settle(): Promise<void> {
    this.wake();
    while (this.#loop) await this.#loop;
  }

  async deliver(
    { id, token }: Pick<Chunk, 'id' | 'token'>,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    if (signal?.aborted || this.#held.has(id)) return;
    const offered = this.#offered.get(id);
    this.#offered.delete(id);
    const chunk =
      offered?.chunk.token === token ? offered.chunk : await this.claims.take({ id, token });
    if (!chunk) return;
    this.#held.set(id, chunk);
    const sending = this.#send(chunk, offered?.events ?? null);
    this.#sending.add(sending);
    await sending.finally(() => this.#sending.delete(sending));
  }

  async #send(chunk: Chunk, events: PlannedEvents | null): Promise<void> {
    try {
      if (!(await this.sender.send(chunk, events))) this.#held.delete(chunk.id);
    } catch (error) {
      this.logger.error('A chunk could not be loaded; the next sweep takes it over.', { error });
      await this.claims.release([chunk]).catch(() => undefined);
      this.#held.delete(chunk.id);
    }
  }

  /** Called by the recorder: what was stored, and which chunks are somebody else's by now. */
  noteRecorded(records: readonly OutcomeRecord[], lost: ReadonlySet<string>): void {
    this.waits.noteRecorded(records);
    for (const { chunk, closes, outcome } of records) {
      if (closes || lost.has(chunk.id + chunk.token)) this.#held.delete(chunk.id);
      const afterMs = afterMsOf(outcome);
      if (afterMs !== null && this.#isRunning) this.#due.in(afterMs);
    }
  }

  /** Stops claiming, gives back what did not begin, waits for what did, and lets go of the rest. */
  async stop(deadlineMs: number): Promise<void> {
    this.#isRunning = false;
    this.#wanted = false;
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    this.#due.reset();
    await this.#loop;
    await Promise.all(this.#sweeps);
    await this.dispatcher.stop?.({ deadlineMs });
    await this.sender.stop(deadlineMs);
    await Promise.all(this.#sending);
    await this.recorder.stop();
    await this.claims.release([...this.#held.values()]);
    await this.claims.sayGoodbye();
  }

  async #run(): Promise<void> {
    while (this.#wanted && this.#isRunning) {
      try {
        await this.#room();
        await this.#pace();
        this.#wanted = false;
        const plan = await this.planner.plan(PLAN_LIMIT);
        this.waits.notePlanned(plan);
        await this.#dispatch(plan.chunks, plan.events);
        if (plan.eventIds.length >= PLAN_LIMIT) this.#wanted = true;
        else this.#plannedAt = performance.now();
        if (this.#due.isDue) await this.#claimDue();
      } catch (error) {
        this.#wanted = false;
        this.logger.error('Events could not be planned; the next sweep tries again.', { error });
      }
    }
  }

  /** Under load, plans a few commits together: a plan of its own for each would cost more than the commits themselves. */
  async #pace(): Promise<void> {
    const waitMs = this.#plannedAt + PLAN_INTERVAL_MS - performance.now();
    if (waitMs > 0 && !this.waits.isAwaited) await sleep(waitMs);
  }

  async #claimDue(): Promise<void> {
    this.#due.reset();
    for (;;) {
      await this.#room();
      if (!this.#isRunning) return;
      const chunk = await this.claims.due(this.sender.unresponsive);
      if (!chunk) break;
      await this.#dispatch([chunk], null);
    }
    const nextMs = await this.claims.nextDueMs(this.sender.unresponsive);
    if (nextMs !== null) this.#due.in(Math.max(nextMs, SOONEST_DUE_MS));
  }

  async #dispatch(chunks: readonly Chunk[], events: PlannedEvents | null): Promise<void> {
    if (chunks.length === 0) return;
    for (const chunk of chunks) this.#offered.set(chunk.id, { chunk, events });
    try {
      await this.dispatcher.dispatch(chunks);
    } catch (error) {
      this.logger.error('The dispatcher threw; the next sweep takes its chunks over.', { error });
      await this.claims.release(chunks.filter(({ id }) => this.#offered.has(id)));
    } finally {
      for (const { id } of chunks) this.#offered.delete(id);
    }
  }

  async #sweep(): Promise<void> {
    const abandoned = await this.claims.abandoned(ABANDONED_LIMIT);
    await this.#dispatch(abandoned, null);
    this.wakeForDue();
    if (Date.now() - this.#prunedAt < PRUNE_EVERY_MS) return;
    if (!(await this.pruning.prune())) this.#prunedAt = Date.now();
  }

  async #renew(): Promise<void> {
    await this.claims.heartbeat(hostname(), process.pid);
    await this.claims.renew([...this.#held.values()]);
  }

  async #room(): Promise<void> {
    while (this.#isRunning && this.sender.size + this.recorder.size >= MAX_HELD)
      await sleep(ROOM_POLL_MS);
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
    work.catch((error: unknown) => {
      if (this.#isRunning)
        this.logger.error('A sweep failed; the next one tries again.', { error });
    });
  }
}
