import type { EventDecoder } from '../../capture/outbox/event-decoder';
import type { Evaluation, SourceEvaluation } from '../../capture/triggers/source-evaluation';
import { ModelHookError } from '../../errors/model-hook-error';
import { loggable } from '../../logging/loggable';
import type { Logger } from '../../logging/logger';
import type { ClaimedEvent, EventRow } from '../../store/events';
import type { Store } from '../../store/store';

/** Why an event is not sent that its hook does not want. */
const UNWANTED = 'the hook leaves it out';

/**
 * Completes claimed events that triggers wrote: calls the functions of their hooks, which the database cannot call, and stores the results.
 * No write waits for it, so a function that throws rejects none: its event is skipped.
 */
export class Completion {
  constructor(
    private readonly evaluation: Pick<SourceEvaluation, 'evaluate' | 'concerns'>,
    private readonly decoder: Pick<EventDecoder, 'decode'>,
    private readonly logger: Pick<Logger, 'error'>,
  ) {}

  /** The events that are to be planned, completed. In the transaction that plans them, the others are marked or given back. */
  async complete(
    { sources, events }: Pick<Store, 'sources' | 'events'>,
    claimed: readonly ClaimedEvent[],
  ): Promise<readonly EventRow[]> {
    if (!claimed.some((row) => this.evaluation.concerns(row))) return claimed;
    const results = await Promise.all(claimed.map(async (row) => this.#resultOf(row)));
    const completed = results.flatMap((result) => (result.kind === 'completed' ? result.row : []));
    const skipped = results.flatMap((one) => (one.kind === 'skipped' ? [[one.id, one.why]] : []));
    await sources.complete(completed);
    await sources.skip(new Map(skipped as [string, string][]));
    await events.leave(results.flatMap((one) => (one.kind === 'left' ? one.id : [])));
    return results.flatMap((one) => ('row' in one ? one.row : []));
  }

  async #resultOf(row: ClaimedEvent): Promise<Result> {
    const { id } = row;
    // An event that this process cannot read keeps its source for another one.
    if (!this.evaluation.concerns(row) || this.decoder.decode(row).kind !== 'readable')
      return { kind: 'unchanged', row };
    const evaluation = await this.evaluation.evaluate(row);
    switch (evaluation.kind) {
      case 'complete':
        return { kind: 'unchanged', row };
      case 'evaluated':
        return { kind: 'completed', row: completedRow(row, evaluation.values) };
      case 'unwanted':
        return { kind: 'skipped', id, why: UNWANTED };
      case 'failed':
        return { kind: 'skipped', id, why: this.#failure(row, evaluation.error) };
      case 'foreign':
        return { kind: 'left', id };
    }
  }

  /** Logs the error and returns it as a reason. The text of an error of the application may quote values. */
  #failure({ id, hook }: EventRow, error: unknown): string {
    this.logger.error(
      `Event ${id} of hook "${hook}" is skipped: a function of the hook failed, or the event is too large.`,
      { eventId: id, hook, error: loggable(error) },
    );
    return error instanceof ModelHookError ? error.message : 'a function of the hook failed';
  }
}

type Result =
  | { readonly kind: 'unchanged' | 'completed'; readonly row: EventRow }
  | { readonly kind: 'skipped'; readonly id: string; readonly why: string }
  | { readonly kind: 'left'; readonly id: string };

/** What identifies the event stays as the trigger wrote it. */
export function completedRow(
  row: ClaimedEvent,
  values: Extract<Evaluation, { kind: 'evaluated' }>['values'],
): EventRow {
  const { ref, sender, headers, data, previous, raw_previous, targets } = values;
  return { ...row, ref, sender, headers, data, previous, raw_previous, targets };
}
