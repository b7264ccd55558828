import { quoted } from '../base/quoted';
import type { ErrorCode } from './codes';
import { ModelHookError } from './model-hook-error';

/** The remote task answered that it failed. The message holds the reason. */
export class RemoteExecuteError extends ModelHookError {
  readonly code = 'REMOTE_EXECUTE';
  /** Null if the answer gave none. */
  readonly reason: string | null;
  constructor(reason: string | null = null, options?: ErrorOptions) {
    super(reason === null ? 'The task failed and gave no reason.' : reason, options);
    this.reason = reason;
  }
}

/** The answer of a remote task is not in the protocol: it is empty, no JSON object, or lacks `status` or `retval`. */
export class InvalidResponseError extends ModelHookError {
  readonly code: ErrorCode = 'INVALID_RESPONSE';
  constructor(why: string, options?: ErrorOptions) {
    super(`The answer of the task is not valid: ${why}`, options);
  }
}

/** The answer of a remote task has another `status` than `success` and `failure`. */
export class UnknownStatusError extends InvalidResponseError {
  override readonly code = 'UNKNOWN_STATUS';
  constructor(readonly status: string) {
    super(`its status is ${quoted(status)}; expected "success" or "failure".`);
  }
}

/** No answer came: a time-out, a refused connection, a name without an address. */
export class RemoteTransportError extends ModelHookError {
  readonly code: ErrorCode = 'REMOTE_TRANSPORT';
  constructor(
    message: string,
    /** Whether the time limit was reached: the server may still do the task. */
    readonly isTimeout: boolean = false,
  ) {
    super(message);
  }
}

/** The server answered with a status of 300 or more, and without an answer in the protocol. Redirects are not followed. */
export class RemoteHttpError extends RemoteTransportError {
  override readonly code = 'REMOTE_HTTP';
  constructor(
    readonly httpStatus: number,
    /** The beginning of the body, up to 1,024 characters. */
    readonly body: string,
  ) {
    super(`The server of the task answered HTTP ${httpStatus}.`);
  }
}

/** `get()` of a task reached its time limit. The task goes on; ask again later. */
export class TaskTimeoutError extends ModelHookError {
  readonly code = 'TASK_TIMEOUT';
  constructor(
    readonly task: string,
    readonly timeoutMs: number,
  ) {
    super(`The task ${quoted(task)} has not ended within ${timeoutMs} ms; it still runs or waits.`);
  }
}

/** No task of that id is stored: its transaction was rolled back, or its result was deleted after `resultTtlMs`. */
export class TaskNotFoundError extends ModelHookError {
  readonly code = 'TASK_NOT_FOUND';
  constructor(readonly task: string) {
    super(
      `No task ${quoted(task)} is stored: its transaction was rolled back, or its result was deleted (option \`resultTtlMs\`).`,
    );
  }
}

/** The process that made the task has ended before the task did, and with it the function `parse` that reads the answer. */
export class TaskAbandonedError extends ModelHookError {
  readonly code = 'TASK_ABANDONED';
  constructor(readonly task: string) {
    super(
      `The process that made the task ${quoted(task)} has ended, and its function \`parse\` with it. Make the task again.`,
    );
  }
}
