import { beginning } from '../base/beginning';
import { isPlainObject, type JsonRecord, type JsonValue, storable } from '../base/json';
import type { ModelHookError } from '../errors/model-hook-error';
import { RecipientRefusedError } from '../errors/recipient-errors';
import {
  InvalidResponseError,
  RemoteExecuteError,
  RemoteHttpError,
  RemoteTransportError,
  TaskAbandonedError,
  UnknownStatusError,
} from '../errors/task-errors';
import { SecretUnreadableError } from '../errors/vault-errors';
import type { TaskEnd } from '../store/tasks';

/** How a run of a task ended. */
export type TaskOutcome =
  | { readonly kind: 'success'; readonly value: JsonValue }
  | ({ readonly kind: 'failure'; readonly error: ModelHookError } & Repeatable)
  /** The process stopped before. */
  | { readonly kind: 'stopped' };

interface Repeatable {
  /** Whether the task may be run again, if it has retries left. */
  readonly isTransient?: boolean;
  /** The least delay before that, in milliseconds. */
  readonly afterMs?: number;
}

export type EndedOutcome = Exclude<TaskOutcome, { readonly kind: 'stopped' }>;

export function failure(error: ModelHookError, repeatable: Repeatable = {}): EndedOutcome {
  return { kind: 'failure', error, ...repeatable };
}

/** An outcome as it is stored. */
export function endOf(outcome: EndedOutcome): TaskEnd {
  return outcome.kind === 'success'
    ? { status: 'success', retval: outcome.value }
    : { status: 'failure', error: storedError(outcome.error) };
}

/** The outcome that is stored; null if the task has not ended. */
export function outcomeOf(
  id: string,
  row: { readonly status: string; readonly retval: JsonValue; readonly error: JsonValue },
): EndedOutcome | null {
  if (row.status === 'pending') return null;
  if (row.status === 'success') return { kind: 'success', value: row.retval };
  return failure(restoredError(id, row.error));
}

const MAX_TEXT_LENGTH = 4_000;

/** The facts about an error from which an error of the same class can be made. */
function storedError(error: ModelHookError): JsonRecord {
  const facts = Object.entries(error)
    .filter(([name, value]) => name !== 'name' && isFact(value))
    .map(([name, value]) => [name, typeof value === 'string' ? stored(value) : value]);
  return { ...Object.fromEntries(facts), message: stored(error.message) };
}

function isFact(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function stored(text: string): string {
  return storable(beginning(text, MAX_TEXT_LENGTH));
}

function restoredError(task: string, stored: JsonValue): ModelHookError {
  const facts: Record<string, unknown> = isPlainObject(stored) ? stored : {};
  const message = String(facts.message);
  switch (facts.code) {
    case 'INVALID_RESPONSE':
      return new InvalidResponseError(
        message.replace(/^The answer of the task is not valid: /, ''),
      );
    case 'UNKNOWN_STATUS':
      return new UnknownStatusError(String(facts.status));
    case 'REMOTE_TRANSPORT':
      return new RemoteTransportError(message, facts.isTimeout === true);
    case 'REMOTE_HTTP':
      return new RemoteHttpError(Number(facts.httpStatus), String(facts.body));
    case 'RECIPIENT_REFUSED':
      return refusedError(message);
    case 'TASK_ABANDONED':
      return new TaskAbandonedError(task);
    case 'SECRET_UNREADABLE':
      return new SecretUnreadableError(String(facts.key));
    default:
      return new RemoteExecuteError(facts.reason === null ? null : message);
  }
}

const REFUSAL = /^(.*) is refused: (.*) \(delivery\.recipients\.(\w+)\)\.$/s;

/** The error whose message this is. */
export function refusedError(message: string): RecipientRefusedError {
  const [, recipient = message, why = 'it is not allowed', setting = 'allow'] =
    REFUSAL.exec(message) ?? [];
  return new RecipientRefusedError(recipient, setting, why);
}
