import { quoted } from '../base/quoted';
import { ModelHookError } from './model-hook-error';

/** No event of that id is stored, or it was pruned. */
export class EventNotFoundError extends ModelHookError {
  readonly code = 'EVENT_NOT_FOUND';
  constructor(readonly event: string) {
    super(`No event ${quoted(event)} is stored, or it was pruned (option \`retention\`).`);
  }
}

/** No delivery of that id is stored, or its event was pruned. */
export class DeliveryNotFoundError extends ModelHookError {
  readonly code = 'DELIVERY_NOT_FOUND';
  constructor(readonly delivery: string) {
    super(
      `No delivery ${quoted(delivery)} is stored, or its event was pruned (option \`retention\`).`,
    );
  }
}

/**
 * The delivery has its outcome already: another transaction of the handler stored one, or another process took the delivery over. What
 * the transaction wrote is rolled back.
 */
export class DeliveryEndedError extends ModelHookError {
  readonly code = 'DELIVERY_ENDED';
  constructor(readonly deliveryId: string) {
    super(
      `The delivery ${quoted(deliveryId)} has its outcome already, so the transaction of its handler is rolled back.`,
    );
  }
}
