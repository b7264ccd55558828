import { ModelHookError } from './model-hook-error';

/** The recipient policy forbids the target. `setting` is the option that forbids it. */
export class RecipientRefusedError extends ModelHookError {
  readonly code = 'RECIPIENT_REFUSED';
  constructor(
    readonly recipient: string,
    readonly setting: string,
    why: string,
  ) {
    super(`${recipient} is refused: ${why} (delivery.recipients.${setting}).`);
  }
}
