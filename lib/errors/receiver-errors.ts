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
