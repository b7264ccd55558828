import type { JsonValue } from '../base/json';
import type {
  Attempt,
  Delivery,
  DeliveryWithAttempts,
  ShownRequest,
} from '../delivery/log/delivery';

/** A delivery as the API gives it. */
export function deliveryJson(delivery: Delivery): { readonly [member: string]: JsonValue } {
  return {
    id: delivery.id,
    eventId: delivery.eventId,
    event: delivery.event,
    listenerId: delivery.listenerId,
    status: delivery.status,
    attempt: delivery.attempt,
    nextAt: delivery.nextAt?.toISOString() ?? null,
    httpStatus: delivery.httpStatus,
    reason: delivery.reason,
    response: delivery.response,
    retval: delivery.retval,
    durationMs: delivery.durationMs,
    createdAt: delivery.createdAt.toISOString(),
    updatedAt: delivery.updatedAt.toISOString(),
  };
}

export function wholeDeliveryJson(
  delivery: DeliveryWithAttempts,
  request: ShownRequest | null,
): { readonly [member: string]: JsonValue } {
  return {
    ...deliveryJson(delivery),
    attempts: delivery.attempts.map(attemptJson),
    request: request && { ...request },
  };
}

function attemptJson({ at, ...attempt }: Attempt): JsonValue {
  return { ...attempt, at: at.toISOString() };
}
