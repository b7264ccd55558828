import type { Handled } from '../../delivery/handler/handled';
import type { InteractiveResponse } from '../../delivery/handler/interactive-response';
import { readAnswer } from '../answer';

/** The answer of a veto, or why there is none. */
export function answerOf(result: Handled): InteractiveResponse | Error {
  switch (result.kind) {
    case 'returned':
      return readAnswer(result.value) ?? new Error(NO_ANSWER);
    case 'threw':
      return asError(result.error);
    case 'timedOut':
      return new Error(`The veto did not answer within ${result.timeoutMs} ms.`);
    case 'stopped':
      return new Error('The veto was stopped.');
  }
}

const NO_ANSWER =
  'The veto returned no answer; expected InteractiveResponse.done() or .fail(), or an object with `status`.';

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('The veto threw no error.', { cause: error });
}
