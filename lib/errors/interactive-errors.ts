import type { JsonValue } from '../base/json';
import { ModelHookError } from './model-hook-error';

/** What a caller over HTTP may be answered with. */
interface Rejection {
  readonly httpStatus: number;
  readonly headers: Readonly<Record<string, string>> | null;
  readonly body: JsonValue;
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
