import type { JsonValue } from '../base/json';
import { ModelHookError } from './model-hook-error';

/** What a caller over HTTP may be answered with. */
interface Rejection {
  readonly httpStatus: number;
  readonly headers: Readonly<Record<string, string>> | null;
  readonly body: JsonValue;
}

/** An interactive hook was called, and no active listener takes the call. */
export class NoListenerError extends ModelHookError {
  readonly code = 'NO_LISTENER';
  constructor(readonly hook: string) {
    super(
      `The interactive hook "${hook}" has no active listener that takes this call; hooks.interactive(name).listener(…).save() stores one.`,
    );
  }
}

/**
 * A veto rejected the write, or could not be asked and `onUnavailable` is `'reject'`. Nothing was written. `httpStatus`, `headers` and
 * `body` are those of the answer; without an answer they are 503, null and null, and `cause` says why there is none.
 */
export class HookRejectedError extends ModelHookError {
  readonly code = 'HOOK_REJECTED';
  readonly httpStatus: number;
  readonly headers: Readonly<Record<string, string>> | null;
  readonly body: JsonValue;
  constructor(
    readonly hook: string,
    readonly operation: string,
    { httpStatus, headers, body }: Rejection,
    options?: ErrorOptions,
  ) {
    const why = options?.cause === undefined ? '' : ': its veto gave no answer, see `cause`';
    super(`Hook "${hook}" rejected the operation "${operation}"${why}.`, options);
    this.httpStatus = httpStatus;
    this.headers = headers;
    this.body = body;
  }
}
