import { setMaxListeners } from 'node:events';
import { monotonicMs } from '../../base/clock';
import { timerMs } from '../../base/deadline';
import { originOf } from '../../listener/declared/target';
import type { Logger } from '../../logging/logger';
import type { Reporter } from '../../logging/reports';
import type { DeliveryOptions } from '../../options/delivery';
import type { DeliveryLimits } from '../../options/delivery-limits';
import type { Chunk } from '../chunk/chunk';
import type { ChunkLoader, Planned } from '../chunk/loading';
import type { Wakeup } from '../chunk/wakeup';
import type { Handlers } from '../handler/handlers';
import type { HttpTransport } from '../http/http-transport';
import type { Breakers } from '../origins/breakers';
import type { Restraints } from '../origins/restraints';
import { TargetLanes } from '../origins/target-lanes';
import type { Recheck } from '../recheck/recheck';
import type { Recorder } from '../record/recorder';
import { Admission } from './admission';
import { Batches } from './batches';
import { ChunkInWork, type ChunkInWorkParts } from './chunk-in-work';
import type { HandlerCalls } from './handler-calls';
import { type AttemptRecord, type PendingDelivery, pendingOf } from './pending';
import { TruncationWarnings } from './prepare';
import { Try, type TryParts } from './try';

export type SenderOptions = Required<Omit<DeliveryOptions, 'recipients' | 'limits'>> & {
  readonly limits: DeliveryLimits;
};

export interface SenderParts {
  readonly loader: Pick<ChunkLoader, 'load'>;
  readonly recheck: Pick<Recheck, 'applied'>;
  readonly recorder: Pick<Recorder, 'add' | 'close'>;
  readonly breakers: Breakers;
  readonly transport: Pick<HttpTransport, 'carry' | 'close'>;
  readonly calls: Pick<HandlerCalls, 'call'>;
  readonly handlers: Pick<Handlers, 'find' | 'warnOfMissing'>;
  readonly reporter: Pick<Reporter, 'isHeard' | 'emit'>;
  readonly logger: Pick<Logger, 'warn'>;
  readonly wakeup: Pick<Wakeup, 'due'>;
}

/** The part of a sender that the carrier of chunks uses. */
export type ChunkSender = Pick<Sender, 'size' | 'restraints' | 'send' | 'close' | 'stop'>;

/** Sends the deliveries of chunks to their recipients, and hands their outcomes to the recorder. */
export class Sender {
  readonly #lanes: TargetLanes;
  readonly #admission: Admission;
  readonly #stopping = new AbortController();
  readonly #chunkParts: ChunkInWorkParts;
  readonly #tryParts: TryParts;
  readonly #batches: Batches;
  #loading = 0;

  constructor(
    private readonly parts: SenderParts,
    options: SenderOptions,
    now = monotonicMs,
  ) {
    const { recorder, breakers, reporter, logger, wakeup, transport, calls } = parts;
    this.#lanes = new TargetLanes(options, wakeup, now);
    this.#admission = new Admission({ ...parts, lanes: this.#lanes }, now);
    this.#chunkParts = { recorder, lanes: this.#lanes };
    const { signal } = this.#stopping;
    const warnings = new TruncationWarnings(logger);
    const context = { transport, calls, options, signal, warnings };
    this.#tryParts = { admission: this.#admission, breakers, reporter, context };
    this.#batches = new Batches({
      ...this.#tryParts,
      admission: this.#admission,
      lanes: this.#lanes,
    });
    // Every request in flight listens to it; Node warns of a leak above ten listeners.
    setMaxListeners(0, signal);
  }

  /** Deliveries that are in flight, wait or are being loaded here. */
  get size(): number {
    return this.#lanes.size + this.#batches.further + this.#loading;
  }

  /** Listeners for which this process should claim less at the moment, or nothing. */
  get restraints(): Restraints {
    return this.#admission.restraints;
  }

  /** Resolves when the outcome of each delivery was handed to the recorder. False if all outcomes were stored before. */
  async send(chunk: Chunk, planned: Planned | null): Promise<boolean> {
    const deliveries = await this.#load(chunk, planned);
    if (deliveries.length === 0) {
      await this.parts.recorder.close(chunk);
      return false;
    }
    const work = new ChunkInWork(deliveries.length, this.#chunkParts);
    for (const delivery of this.#batches.begin(work, deliveries)) this.#begin(work, delivery);
    await work.finished;
    return true;
  }

  /** Begins no further request. Chunks that are waiting, and chunks that arrive from now on, are given back. */
  close(): void {
    void this.#lanes.close(STOPPED);
  }

  /** Closes, lets requests in flight end until the deadline, then breaks them off. */
  async stop(deadlineMs: number): Promise<void> {
    const timer = setTimeout(() => this.#stopping.abort(new Error(STOPPED)), timerMs(deadlineMs));
    await this.#lanes.close(STOPPED);
    clearTimeout(timer);
    await this.parts.transport.close();
  }

  async #load(
    chunk: Chunk,
    planned: Planned | null,
  ): Promise<readonly (PendingDelivery | AttemptRecord)[]> {
    this.#loading += chunk.eventIds.length;
    try {
      const [loaded] = await Promise.all([
        this.parts.loader.load(chunk, planned),
        this.parts.breakers.refresh(),
      ]);
      this.#admission.forget(loaded.recipients.keys(), loaded.readAtMs);
      const pending = loaded.deliveries.map((delivery) => pendingOf(chunk, loaded, delivery));
      return await this.parts.recheck.applied(pending);
    } finally {
      this.#loading -= chunk.eventIds.length;
    }
  }

  #begin(work: ChunkInWork, pending: PendingDelivery | AttemptRecord): void {
    if ('outcome' in pending) {
      work.record(pending);
      return;
    }
    const refusal = this.#admission.refusalOf(pending, originOf(pending.target));
    if (refusal) work.record(refusal);
    else this.#lanes.add(new Try(pending, work, this.#tryParts));
  }
}

const STOPPED = 'the process stopped';
