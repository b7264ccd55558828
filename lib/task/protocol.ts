import { isPlainObject, isWithin, type JsonValue, MAX_LEVELS } from '../base/json';
import {
  InvalidResponseError,
  RemoteExecuteError,
  UnknownStatusError,
} from '../errors/task-errors';

/**
 * The value that an answer in the protocol holds: `{"status":"success","retval":…}`. Throws `RemoteExecuteError` for
 * `{"status":"failure","reason":…}`, and `InvalidResponseError` or `UnknownStatusError` for anything else.
 *
 * @see Celery 3, "HTTP Callback Tasks (Webhooks)".
 */
export function answeredRetval(text: string): JsonValue {
  const answer = answerOf(text);
  if (!Object.hasOwn(answer, 'status')) throw new InvalidResponseError('it has no `status`.');
  const { status, retval, reason } = answer;
  if (status === 'failure') throw new RemoteExecuteError(reasonText(reason));
  if (status !== 'success') throw new UnknownStatusError(asText(status));
  if (retval === undefined) throw new InvalidResponseError('it has no `retval`.');
  return retval;
}

/** Whether an answer says how the task ended, whatever the HTTP status is. */
export function isInProtocol(text: string): boolean {
  try {
    answeredRetval(text);
    return true;
  } catch (error) {
    return error instanceof RemoteExecuteError;
  }
}

function answerOf(text: string): Readonly<Record<string, JsonValue>> {
  if (text.trim() === '') throw new InvalidResponseError('it is empty.');
  const value = parsed(text.trim());
  if (!isPlainObject(value)) throw new InvalidResponseError('it is no JSON object.');
  // JSON.stringify fails on deeper values, so they could not be stored.
  if (!isWithin(value, MAX_LEVELS))
    throw new InvalidResponseError(`it is nested deeper than ${MAX_LEVELS} levels.`);
  return value as Readonly<Record<string, JsonValue>>;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InvalidResponseError('it is no JSON.', { cause });
  }
}

function reasonText(reason: JsonValue | undefined): string | null {
  return reason === undefined || reason === null ? null : asText(reason);
}

function asText(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
