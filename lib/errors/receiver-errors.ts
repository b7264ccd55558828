import type { VerificationReason } from './codes';
import { ModelHookError } from './model-hook-error';

/** A received request was not signed with the secret, or not lately. */
export class VerificationError extends ModelHookError {
  readonly code = 'SIGNATURE_INVALID';
  constructor(
    readonly reason: VerificationReason,
    message: string,
  ) {
    super(message);
  }
}
