import { isPlainObject, type JsonRecord, type JsonValue } from '../../base/json';
import type { DeliveryState, Outcome } from '../chunk/outcome';
import { LEAST_COUNTDOWN } from '../handler/background-response';

export const MAX_RESCHEDULES = 100;
export const DAY_SECONDS = 86_400;

/**
 * The outcome that an answer asks for: the JSON of a reply, or what a handler returned. Null if its `status` is none of those that steer.
 * The documentation has them as a table.
 */
export function steered(answer: JsonRecord, state: DeliveryState): Outcome | null {
  switch (answer.status) {
    case 'success':
      return answer.retval === undefined
        ? { kind: 'done' }
        : { kind: 'done', retval: answer.retval };
    case 'failure':
    case 'fail':
      return {
        kind: 'failed',
        reason: reasonText(answer.reason ?? answer.output, 'the recipient failed'),
      };
    case 'skip':
      return {
        kind: 'skipped',
        reason: reasonText(answer.output ?? answer.reason, 'the recipient skipped it'),
      };
    case 'reschedule':
    case 'slow_process_reschedule':
      return rescheduled(answer.countdown, LEAST_COUNTDOWN[answer.status], state);
    default:
      return null;
  }
}

/** Whether a value can be an answer at all. */
export function isAnswer(value: JsonValue): value is JsonRecord {
  return isPlainObject(value);
}

function rescheduled(countdown: JsonValue | undefined, minimum: number, state: DeliveryState) {
  if (state.reschedules >= MAX_RESCHEDULES)
    return { kind: 'failed', reason: `rescheduled ${MAX_RESCHEDULES} times in a row` } as const;
  const asked = typeof countdown === 'number' && Number.isFinite(countdown) ? countdown : minimum;
  const seconds = Math.min(Math.max(asked, minimum), DAY_SECONDS);
  return { kind: 'rescheduled', afterMs: seconds * 1_000 } as const;
}

function reasonText(value: JsonValue | undefined, otherwise: string): string {
  if (value === undefined || value === null) return otherwise;
  // It is cut when its secrets have been removed.
  return typeof value === 'string' ? value : JSON.stringify(value);
}
