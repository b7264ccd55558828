import { originOf } from '../../listener/declared/target';
import type { Job } from '../origins/lane';
import { reportAttempt } from './attempt-report';
import { attemptBatch, type Batch, type BatchResult } from './batch-attempt';
import type { ChunkInWork } from './chunk-in-work';
import { type AttemptRecord, type UrlDelivery, unattempted, unsendable } from './pending';
import type { TryParts } from './try';

export interface BatchTryParts extends TryParts {
  /** Called once, when the batch has ended, with the deliveries that did not fit into its request. */
  readonly ended: (batch: Batch, rest: readonly UrlDelivery[]) => void;
}

/** A batch on its way through the lanes: it has one place there, and is sent with one request, or given back. */
export class BatchTry implements Job {
  readonly origin: string;
  /** No other delivery to this origin may wait for a place meanwhile. */
  readonly #isAlone: boolean;

  constructor(
    private readonly batch: Batch,
    private readonly chunk: ChunkInWork,
    private readonly parts: BatchTryParts,
  ) {
    this.origin = originOf(batch[0].target);
    this.#isAlone = parts.breakers.admit(this.origin);
    chunk.addWaiting(this);
  }

  async run(): Promise<void> {
    this.chunk.removeWaiting(this);
    const refusal = await this.parts.admission.refusalAtTurn(this.batch[0], this.origin);
    if (refusal) this.#end({ records: sameFor(this.batch, refusal), rest: [] });
    else this.#end(await this.#attempt());
  }

  giveBack(reason: string): void {
    this.chunk.removeWaiting(this);
    const record = this.parts.admission.postpone(this.batch[0], this.origin, { reason });
    this.#end({ records: sameFor(this.batch, record), rest: [] });
  }

  #end({ records, rest }: Omit<BatchResult, 'sign'>): void {
    if (this.#isAlone) this.parts.breakers.leave(this.origin);
    this.parts.ended(this.batch, rest);
    for (const record of records) this.chunk.record(record);
  }

  async #attempt(): Promise<BatchResult> {
    const { admission, context, reporter } = this.parts;
    const result = await attemptBatch(this.batch, context).catch((error: unknown) => ({
      records: this.batch.map((delivery) => unsendable(delivery, error)),
      sign: null,
      rest: [],
    }));
    for (const record of result.records) reportAttempt(reporter, record);
    // Each record says the same about the listener and its origin.
    const last = result.records.at(-1);
    if (last) await admission.learn(last, this.origin, result.sign);
    return result;
  }
}

/** The outcome of one delivery that was not sent, for each delivery of its batch. */
export function sameFor(batch: Batch, { outcome }: AttemptRecord): readonly AttemptRecord[] {
  return batch.map((delivery) => unattempted(delivery, outcome));
}
