import { beginning } from '../../base/beginning';
import { monotonicMs } from '../../base/clock';
import { endsWithin } from '../../base/deadline';
import { storable } from '../../base/json';
import { newEventRow } from '../../capture/outbox/outbox';
import { type Recipient, secretsOf } from '../../delivery/chunk/recipients';
import { discreetOfHandler, discreetText, redactor } from '../../delivery/reply/redaction';
import type { HookEvent } from '../../hook/event';
import { loggable } from '../../logging/loggable';
import type { Logger } from '../../logging/logger';
import type { Reporter } from '../../logging/reports';
import type { CallRow } from '../../store/calls';
import type { Store } from '../../store/store';
import type { Question } from './asking';
import type { CallAnswer } from './call-answer';

export interface CallLogParts {
  readonly store: Pick<Store, 'calls'>;
  readonly logger: Pick<Logger, 'error'>;
  readonly reporter: Pick<Reporter, 'emit'>;
  /** This process, as the rows of its events name it. */
  readonly process: { readonly id: string };
}

/** Characters that are stored of a reply. */
const STORED_OF_REPLY = 1_024;
/** The longest time that an answer waits until it is logged. */
const PATIENCE_MS = 2_000;

/** Stores each call as a delivery that has ended. */
export class CallLog {
  constructor(private readonly parts: CallLogParts) {}

  begin(question: Question): { ended(given: CallAnswer): Promise<void> } {
    const startedAt = monotonicMs();
    return {
      ended: async (given) => {
        const durationMs = Math.round(monotonicMs() - startedAt);
        await endsWithin(this.#store(question, given, durationMs), PATIENCE_MS);
      },
    };
  }

  /** Never rejects: the caller gets the answer although it is not logged. */
  async #store(question: Question, given: CallAnswer, durationMs: number): Promise<void> {
    const { store, logger, process } = this.parts;
    const { hook, event, deliveryId } = question;
    const call = callRow(question, given, durationMs);
    const { ref, sender, headers, data, context, trace } = event;
    const row = newEventRow({
      id: event.id,
      hook,
      operation: null,
      ref,
      sender,
      headers: Object.keys(headers).length > 0 ? headers : null,
      data,
      previous: null,
      rowId: null,
      context: context ?? null,
      trace: trace ?? null,
    });
    try {
      await store.calls.log(row, call, process.id);
      this.#report(event, call);
    } catch (error) {
      logger.error('A call was answered and could not be logged.', {
        hook: hook.name,
        deliveryId,
        error: loggable(error),
      });
    }
  }

  #report({ id: eventId, hook, name: event }: HookEvent, call: CallRow): void {
    const { reporter } = this.parts;
    const { id: deliveryId, listener_id: listenerId, status, reason } = call;
    const delivery = { deliveryId, eventId, hook, event, listenerId, status };
    const { http_status: httpStatus, duration_ms: durationMs } = call;
    reporter.emit('attempt', { ...delivery, attempt: 1, httpStatus, durationMs });
    reporter.emit('outcome', { ...delivery, reason });
  }
}

/** Without the secrets of the listener, which a reply may repeat. */
function callRow(
  { recipient, deliveryId }: Question,
  { answer, reason, text, detail }: CallAnswer,
  durationMs: number,
): CallRow {
  const redact = redactor(() => secretsOf(recipient));
  const response = beginning(redact(text), STORED_OF_REPLY);
  return {
    id: deliveryId,
    listener_id: recipient.id,
    status: answer.status === 'success' ? 'done' : 'failed',
    http_status: answer.httpStatus,
    reason: reason === null ? null : storedReason(recipient, reason),
    response: response === '' ? null : storable(response),
    detail: detail === undefined ? null : storable(discreetText(detail, redact)),
    duration_ms: durationMs,
  };
}

function storedReason(recipient: Recipient, reason: string): string | null {
  const redact = redactor(() => secretsOf(recipient));
  const outcome = discreetOfHandler({ kind: 'failed', reason }, redact);
  return storable(outcome.reason ?? '');
}
