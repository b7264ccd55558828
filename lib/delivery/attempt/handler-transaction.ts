import type { DataSource, EntityManager } from 'typeorm';
import { DeliveryEndedError } from '../../errors/delivery-errors';
import { refuseStatements } from '../../store/ambient';
import type { Store } from '../../store/store';
import { isFinal } from '../chunk/outcome';
import type { HandlerAnswer } from '../handler/handlers';
import { outcomeRow } from '../record/outcome-rows';
import type { AttemptRecord } from './pending';

interface Parts {
  readonly dataSource: DataSource;
  readonly store: Store;
}

/**
 * The transaction of a handler, in which the outcome of its delivery is stored, too. The recorder stores the outcome a second time, as it
 * does with all outcomes, and the database ignores that.
 */
export class HandlerTransaction {
  #record: AttemptRecord | null = null;

  constructor(
    private readonly parts: Parts,
    /** Throws if the value is not an answer. */
    private readonly recordOf: (answer: unknown) => AttemptRecord,
  ) {}

  /** What was committed; null if nothing was. */
  get record(): AttemptRecord | null {
    return this.#record;
  }

  /** Rejects with `DELIVERY_ENDED`, with the reason of the signal if it is aborted, and with what `work` or the database throws. */
  async run<Answer extends HandlerAnswer>(
    work: (manager: EntityManager) => Answer | Promise<Answer>,
    signal: AbortSignal,
  ): Promise<Answer> {
    const { answer, record } = await this.parts.dataSource.transaction(async (manager) => {
      const given = await untilAborted(manager, work, signal);
      const made = this.recordOf(given);
      signal.throwIfAborted();
      await this.#store(manager, made);
      return { answer: given, record: made };
    });
    this.#record = { ...record, isStored: true };
    return answer;
  }

  async #store({ queryRunner }: EntityManager, record: AttemptRecord): Promise<void> {
    const { chunk, deliveryId, eventId, event, outcome, ordered } = record;
    // A test belongs to no chunk, and its outcome is not stored.
    if (!queryRunner || chunk.id === '') return;
    const givesTurn = ordered || !isFinal(outcome);
    const row = outcomeRow({ ...record, closes: false }, { chunk: 0, event: 0, givesTurn });
    const { id, token } = chunk;
    const answers = await this.parts.store
      .joining(queryRunner)
      .outcomes.record([row], [{ place: 0, id, token }], [{ place: 0, id: eventId, name: event }]);
    const isStored = answers.length === 1 && answers[0]?.place === 0;
    if (!isStored) throw new DeliveryEndedError(deliveryId);
  }
}

/**
 * Runs the work. If the signal is aborted first, rejects with its reason, so that work which never ends keeps no connection.
 */
function untilAborted<Answer>(
  manager: EntityManager,
  work: (manager: EntityManager) => Answer | Promise<Answer>,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      if (manager.queryRunner) refuseStatements(manager.queryRunner, signal.reason);
      reject(signal.reason);
    };
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    const working = (async () => work(manager))();
    working.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
