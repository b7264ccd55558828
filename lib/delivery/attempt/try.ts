import { originOf } from '../../listener/declared/target';
import type { Reporter } from '../../logging/reports';
import type { Breakers } from '../origins/breakers';
import type { Job } from '../origins/lane';
import type { Admission } from './admission';
import { type AttemptContext, attempt } from './attempt';
import { reportAttempt } from './attempt-report';
import type { ChunkInWork } from './chunk-in-work';
import { type AttemptRecord, type PendingDelivery, unsendable } from './pending';

export interface TryParts {
  readonly admission: Pick<Admission, 'refusalAtTurn' | 'postpone' | 'learn'>;
  readonly breakers: Pick<Breakers, 'admit' | 'leave'>;
  readonly reporter: Pick<Reporter, 'isHeard' | 'emit'>;
  readonly context: AttemptContext;
}

/** A delivery of a chunk on its way through the lanes: sent when its origin has a place, or given back. */
export class Try implements Job {
  readonly origin: string;
  /** No other delivery to this origin may wait for a place meanwhile. */
  readonly #isAlone: boolean;

  constructor(
    private readonly delivery: PendingDelivery,
    private readonly chunk: ChunkInWork,
    private readonly parts: TryParts,
  ) {
    this.origin = originOf(delivery.target);
    this.#isAlone = parts.breakers.admit(this.origin);
    chunk.addWaiting(this);
  }

  async run(): Promise<void> {
    this.chunk.removeWaiting(this);
    const { delivery, origin } = this;
    const refusal = await this.parts.admission.refusalAtTurn(delivery, origin);
    this.#end(refusal ?? (await this.#attempt()));
  }

  giveBack(reason: string): void {
    this.chunk.removeWaiting(this);
    this.#end(this.parts.admission.postpone(this.delivery, this.origin, { reason }));
  }

  #end(record: AttemptRecord): void {
    if (this.#isAlone) this.parts.breakers.leave(this.origin);
    this.chunk.record(record);
  }

  async #attempt(): Promise<AttemptRecord> {
    const { admission, context } = this.parts;
    const { record, sign } = await attempt(this.delivery, context).catch((error: unknown) => ({
      record: unsendable(this.delivery, error),
      sign: null,
    }));
    reportAttempt(this.parts.reporter, record);
    await admission.learn(record, this.origin, sign);
    return record;
  }
}
