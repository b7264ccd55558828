import type { VerificationReason } from './codes';
import { ModelHookError } from './model-hook-error';

/** The signature of a received request is wrong or too old. */
export class VerificationError extends ModelHookError {
  readonly code = 'SIGNATURE_INVALID';
  constructor(
    readonly reason: VerificationReason,
    message: string,
  ) {
    super(message);
  }
}

/** The public keys of a sender could not be read. That is no fault of the request: answer with a 5xx, so that it comes again. */
export class KeysUnavailableError extends ModelHookError {
  readonly code = 'KEYS_UNAVAILABLE';
  constructor(
    readonly url: string,
    cause: unknown,
  ) {
    super('The public keys of the sender could not be read from their URL.', { cause });
  }
}
