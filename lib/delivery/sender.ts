import { setMaxListeners } from 'node:events';
import type { RecipientPolicy } from '../listener/recipient-policy';
import type { Reporter } from '../reports';
import {
  type AttemptRecord,
  attempt,
  type PendingDelivery,
  unattempted,
  unsendable,
} from './attempt';
import type { Chunk } from './chunk';
import { Clients } from './clients';
import { type Job, Lanes } from './lanes';
import {
  type ChunkLoader,
  type Loaded,
  type LoadedDelivery,
  nameOf,
  outcomeWithout,
  type PlannedEvents,
} from './loading';
import type { DeliveryOptions } from './options';
import type { Outcome } from './outcome';
import type { Recorder } from './recorder';
import type { TruncationWarnings } from './truncation-warnings';
import { Verdicts } from './verdicts';

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
export type ChunkSender = Pick<Sender, 'size' | 'unresponsive' | 'send' | 'stop'>;

/** Carries the deliveries of chunks to their recipients, and their outcomes to the recorder. */
export class Sender {
  readonly #lanes: Lanes;
  readonly #clients: Clients;
  readonly #stopping = new AbortController();
  readonly #verdicts = new Verdicts();
  readonly #givenBack = new Map<string, Set<string>>();
  #loading = 0;

  constructor(
    private readonly loader: ChunkLoader,
    private readonly recorder: Recorder,
    policyOf: (hook: string | null) => RecipientPolicy,
    private readonly reporter: Reporter,
    private readonly options: SenderOptions,
    private readonly warnings: TruncationWarnings,
  ) {
    this.#lanes = new Lanes(options);
    this.#clients = new Clients(policyOf, options);
    // Every request under way listens to it; Node takes more than ten for a leak, and warns.
    setMaxListeners(0, this.#stopping.signal);
  }

  /** Deliveries that run, wait or are being loaded here. */
  get size(): number {
    return this.#lanes.size + this.#loading;
  }

  /** Listeners whose recipient answers nothing at the moment: claiming more for them would be in vain. */
  get unresponsive(): readonly string[] {
    for (const origin of this.#givenBack.keys())
      if (!this.#lanes.isStalledAt(origin)) this.#givenBack.delete(origin);
    return [...this.#givenBack.values()].flatMap((listeners) => [...listeners]);
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
      const loaded = await this.loader.load(chunk, planned);
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
    const pending = this.#pending(work.chunk, loaded, delivery);
    if ('outcome' in pending) {
      this.#record(work, pending);
      return;
    }
    const origin = new URL(pending.recipient.target).origin;
    const job: Job = {
      origin,
      run: async () => {
        work.jobs.delete(job);
        this.#record(
          work,
          await this.#attempt(pending).catch((error) => unsendable(pending, error)),
        );
      },
      giveBack: (reason) => {
        work.jobs.delete(job);
        this.#noteGivenBack(origin, delivery.listenerId);
        this.#record(
          work,
          unattempted(pending, { kind: 'waiting', afterMs: GIVEN_BACK_MS, reason }),
        );
      },
    };
    work.jobs.add(job);
    this.#lanes.add(job);
  }

  /** What is to be sent, or the outcome where nothing is. */
  #pending(
    chunk: Chunk,
    loaded: Loaded,
    delivery: LoadedDelivery,
  ): PendingDelivery | AttemptRecord {
    const found = loaded.events.get(delivery.eventId);
    const recipient = loaded.recipients.get(delivery.listenerId);
    if (found?.kind === 'readable' && recipient) {
      const { event, hook } = found;
      return {
        chunk,
        deliveryId: delivery.deliveryId,
        event,
        hook,
        recipient,
        state: delivery.state,
      };
    }
    return {
      ...delivery,
      chunk,
      event: nameOf(found),
      outcome: recipient ? outcomeWithout(found) : REMOVED,
      attempted: null,
      effect: {},
    };
  }

  async #attempt(pending: PendingDelivery): Promise<AttemptRecord> {
    const held = this.#verdicts.against(pending.recipient);
    if (held) return unattempted(pending, held);
    const client = this.#clients.for(pending.hook.name);
    const { signal } = this.#stopping;
    const { options, warnings } = this;
    const context = { client, options, signal, truncated: warnings.note };
    const record = await attempt(pending, context);
    this.#verdicts.note(record);
    this.#report(record);
    return record;
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

  #noteGivenBack(origin: string, listenerId: string): void {
    const listeners = this.#givenBack.get(origin) ?? new Set();
    this.#givenBack.set(origin, listeners.add(listenerId));
  }
}

const STOPPED = 'the process stopped';
const REMOVED: Outcome = { kind: 'skipped', reason: 'the listener was removed' };
