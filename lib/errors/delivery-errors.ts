import { ModelHookError } from './model-hook-error';

/** There is no such delivery, or nothing is left to send. */
export class DeliveryNotFoundError extends ModelHookError {
  readonly code = 'DELIVERY_NOT_FOUND';
  constructor(readonly delivery: string) {
    super(`No delivery ${delivery} is stored, or its event was pruned (option \`retention\`).`);
  }
}
