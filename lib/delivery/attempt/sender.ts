import { setMaxListeners } from 'node:events';
import type { Reporter } from '../../logging/reports';
import type { DeliveryOptions } from '../../options/delivery';
import type { Policies } from '../../recipient/policies';
import type { Chunk } from '../chunk/chunk';
import type { ChunkLoader, Loaded, LoadedDelivery, PlannedEvents } from '../chunk/loading';
import type { Wakeup } from '../chunk/wakeup';
import { Clients } from '../http/clients';
import type { Breakers, OriginSign } from '../origins/breakers';
import type { Job } from '../origins/lane';
import { Lanes } from '../origins/lanes';
import { HeldListeners, type Restraints } from '../origins/restraints';
import { Verdicts } from '../origins/verdicts';
import type { Recorder } from '../record/recorder';
import {
  type AttemptRecord,
  type AttemptResult,
  attempt,
  type PendingDelivery,
  unattempted,
  unsendable,
} from './attempt';
import { pendingOf } from './pending';
import type { TruncationWarnings } from './truncation-warnings';

export type SenderOptions = Required<Omit<DeliveryOptions, 'recipients'>>;

/** What is given back is tried again, by whoever has room, after so long. */
const GIVEN_BACK_MS = 1_000;
/** Deliveries of a chunk that did not begin by then become rows of their own, so that the chunk ends. */
const CHUNK_BUDGET_MS = 10_000;

interface ChunkInWork {
  readonly chunk: Chunk;
  readonly jobs: Set<Job>;
  left: number;
  timer?: NodeJS.Timeout;
  readonly finished: () => void;
}

/** What the carrier of chunks needs of a sender. */
export type ChunkSender = Pick<Sender, 'size' | 'restraints' | 'send' | 'stop'>;

/** Carries the deliveries of chunks to their recipients, and their outcomes to the recorder. */
export class Sender {
  readonly #lanes: Lanes;
  readonly #clients: Clients;
  readonly #stopping = new AbortController();
  readonly #verdicts = new Verdicts();
  readonly #held: HeldListeners;
  #loading = 0;

  constructor(
    private readonly loader: ChunkLoader,
    private readonly recorder: Recorder,
    private readonly breakers: Breakers,
    policies: Policies,
    private readonly reporter: Reporter,
    private readonly options: SenderOptions,
    wakeup: Wakeup,
    private readonly warnings: TruncationWarnings,
  ) {
    this.#lanes = new Lanes(options, wakeup);
    this.#held = new HeldListeners((origin) => this.#quantumOf(origin));
    this.#clients = new Clients(policies, options);
    // Every request under way listens to it; Node takes more than ten for a leak, and warns.
    setMaxListeners(0, this.#stopping.signal);
  }

  /** Deliveries that run, wait or are being loaded here. */
  get size(): number {
    return this.#lanes.size + this.#loading;
  }

  /** Listeners of whom less may be claimed at the moment, or nothing. */
  get restraints(): Restraints {
    return this.#held.restraints();
  }

  /** Resolves when the outcome of every delivery was handed to the recorder. False where all were recorded before. */
  async send(chunk: Chunk, planned: PlannedEvents | null): Promise<boolean> {
    const loaded = await this.#load(chunk, planned);
    const left = loaded.deliveries.length;
    if (left === 0) {
      await this.recorder.close(chunk);
      return false;
    }
    await new Promise<void>((finished) => {
      const work: ChunkInWork = { chunk, jobs: new Set(), left, finished };
      work.timer = setTimeout(() => this.#outOfTime(work), CHUNK_BUDGET_MS).unref();
      for (const delivery of loaded.deliveries) this.#begin(work, loaded, delivery);
    });
    return true;
  }

  async #load(chunk: Chunk, planned: PlannedEvents | null): Promise<Loaded> {
    this.#loading += chunk.eventIds.length;
    try {
      const [loaded] = await Promise.all([
        this.loader.load(chunk, planned),
        this.breakers.refresh(),
      ]);
      this.#verdicts.forget(loaded.recipients.keys());
      return loaded;
    } finally {
      this.#loading -= chunk.eventIds.length;
    }
  }

  /** Gives back what did not begin, lets requests under way end until the deadline, then breaks them off. */
  async stop(deadlineMs: number): Promise<void> {
    const timer = setTimeout(() => this.#stopping.abort(new Error(STOPPED)), deadlineMs);
    await this.#lanes.close(STOPPED);
    clearTimeout(timer);
    await this.#clients.close();
  }

  #begin(work: ChunkInWork, loaded: Loaded, delivery: LoadedDelivery): void {
    const pending = pendingOf(work.chunk, loaded, delivery);
    if ('outcome' in pending) {
      this.#record(work, pending);
      return;
    }
    const held = this.#heldByListener(pending);
    if (held) {
      this.#record(work, held);
      return;
    }
    const { origin } = new URL(pending.recipient.target);
    const holdMs = this.breakers.holdMs(origin);
    if (holdMs !== null) {
      this.#record(work, this.#heldBack(pending, origin, { afterMs: holdMs, reason: FAILING }));
      return;
    }
    const release = this.breakers.admit(origin);
    const job: Job = {
      origin,
      run: async () => {
        work.jobs.delete(job);
        const record = await this.#attempt(pending, origin);
        release();
        this.#record(work, record);
      },
      giveBack: (reason) => {
        work.jobs.delete(job);
        release();
        this.#record(work, this.#heldBack(pending, origin, { afterMs: GIVEN_BACK_MS, reason }));
      },
    };
    work.jobs.add(job);
    this.#lanes.add(job);
  }

  async #attempt(pending: PendingDelivery, origin: string): Promise<AttemptRecord> {
    const held = this.#heldByListener(pending);
    if (held) return held;
    if (!(await this.breakers.mayTry(origin))) {
      const afterMs = this.breakers.holdMs(origin) ?? GIVEN_BACK_MS;
      return this.#heldBack(pending, origin, { afterMs, reason: FAILING });
    }
    const unsent = (error: unknown) => ({ record: unsendable(pending, error), sign: null });
    const { record, sign } = await this.#send(pending).catch(unsent);
    this.#verdicts.note(record);
    this.#report(record);
    await this.#noteSign(origin, sign);
    return record;
  }

  async #send(pending: PendingDelivery): Promise<AttemptResult> {
    const client = this.#clients.for(pending.hook, pending.recipient.delivery.recipients);
    const { signal } = this.#stopping;
    const { options, warnings } = this;
    return attempt(pending, { client, options, signal, truncated: warnings.note });
  }

  /** The outcome of a delivery that may not be sent to this listener now; null where it may. */
  #heldByListener(pending: PendingDelivery): AttemptRecord | null {
    const held = this.#verdicts.against(pending.recipient);
    if (!held) return null;
    if (held.kind === 'waiting') this.#held.notePause(pending.recipient.id, held.afterMs);
    return unattempted(pending, held);
  }

  async #noteSign(origin: string, sign: OriginSign | null): Promise<void> {
    if (sign === 'timedOut') this.#lanes.noteTimedOut(origin);
    if (sign === 'answered') this.#lanes.noteAnswered(origin);
    await this.breakers.note(origin, sign);
  }

  /** A delivery that goes back to the database because of its origin. */
  #heldBack(
    pending: PendingDelivery,
    origin: string,
    why: { readonly afterMs: number; readonly reason: string },
  ): AttemptRecord {
    this.#held.noteOrigin(pending.recipient.id, origin);
    return unattempted(pending, { kind: 'waiting', ...why });
  }

  #quantumOf(origin: string): number | null {
    const quanta = [this.#lanes.quantumOf(origin), this.breakers.quantumOf(origin)];
    const bounds = quanta.filter((quantum) => quantum !== null);
    return bounds.length > 0 ? Math.min(...bounds) : null;
  }

  #report({
    deliveryId,
    eventId,
    event,
    listenerId,
    state,
    outcome,
    attempted,
  }: AttemptRecord): void {
    if (!attempted || !this.reporter.isHeard('attempt')) return;
    this.reporter.emit('attempt', {
      deliveryId,
      eventId,
      event,
      listenerId,
      status: outcome.kind,
      attempt: state.attempt,
      httpStatus: attempted.httpStatus,
      durationMs: attempted.durationMs,
    });
  }

  #record(work: ChunkInWork, record: AttemptRecord): void {
    work.left -= 1;
    const closes = work.left === 0;
    this.recorder.add({ ...record, closes }, this.#lanes.size <= 1);
    if (!closes) return;
    clearTimeout(work.timer);
    work.finished();
  }

  #outOfTime({ jobs }: ChunkInWork): void {
    this.#lanes.giveBack('its turn did not come in time', (job) => jobs.has(job));
  }
}

const STOPPED = 'the process stopped';
const FAILING = 'the recipient failed too often in a row';
