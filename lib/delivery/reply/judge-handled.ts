import { toJson } from '../../base/json';
import { type DeliveryState, type Outcome, UNTRIED } from '../chunk/outcome';
import { type Handled, thrownText } from '../handler/handled';
import { type RetryCircumstances, retry } from './judge';
import { isAnswer, steered } from './steering';

/** The outcome of a delivery whose handler ended like this. */
export function judgeHandled(
  handled: Exclude<Handled, { readonly kind: 'stopped' }>,
  circumstances: RetryCircumstances,
): Outcome {
  switch (handled.kind) {
    case 'returned':
      return outcomeOf(handled.value, circumstances);
    case 'threw':
      return retry(thrownText(handled.error), circumstances);
    case 'timedOut':
      return retry(`the handler did not end within ${handled.timeoutMs} ms`, circumstances);
  }
}

/** Returns the value if it is an answer. Throws a `TypeError` otherwise, so that a transaction is rolled back. */
export function checkedAnswer(value: unknown): unknown {
  if (answered(value, UNTRIED) === null) throw new TypeError(noResponse(value));
  return value;
}

/** Reading the value may call code of the application, such as `toJSON`. */
function outcomeOf(value: unknown, circumstances: RetryCircumstances): Outcome {
  try {
    return answered(value, circumstances.state) ?? retry(noResponse(value), circumstances);
  } catch (error) {
    return retry(thrownText(error), circumstances);
  }
}

function answered(value: unknown, state: DeliveryState): Outcome | null {
  const answer = toJson(value);
  return isAnswer(answer) ? steered(answer, state) : null;
}

/** The value itself is not repeated: it may hold anything. */
function noResponse(value: unknown): string {
  return `the handler returned ${named(value)}, which is not a response; return BackgroundResponse.done(), fail(), skip() or reschedule()`;
}

function named(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object'
    ? 'an object without a known `status`'
    : `a value of type ${typeof value}`;
}
