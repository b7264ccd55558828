import type { VerificationReason } from './error-codes';
import { ModelHookError } from './errors';

/** There is no such delivery, or nothing is left to send. */
export class DeliveryNotFoundError extends ModelHookError {
  readonly code = 'DELIVERY_NOT_FOUND';
  constructor(readonly delivery: string) {
    super(`No delivery ${delivery} is stored, or its event was pruned (option \`retention\`).`);
  }
}

/** The data of an event is larger than its hook lets a body be, and the hook asks to be told. */
export class PayloadTooLargeError extends ModelHookError {
  readonly code = 'PAYLOAD_TOO_LARGE';
  constructor(
    readonly hook: string,
    readonly bytes: number,
    readonly maxBytes: number,
  ) {
    super(
      `An event of hook "${hook}" holds ${bytes} bytes of data, and at most ${maxBytes} may be sent (delivery.maxPayloadBytes).`,
    );
  }
}

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
