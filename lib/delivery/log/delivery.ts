import type { JsonValue } from '../../base/json';
import type { AttemptRow, DeliveryRow, DeliveryStatus } from '../../store/deliveries';

/** One event for one listener: how it ended, or what happens to it next. */
export interface Delivery {
  /** `Hook-Delivery` */
  readonly id: string;
  readonly eventId: string;
  /** The event's name. */
  readonly event: string;
  readonly listenerId: string;
  readonly status: DeliveryStatus;
  /** Attempts so far. */
  readonly attempt: number;
  /** When it is tried next. Null if it has ended, or is being tried. */
  readonly nextAt: Date | null;
  readonly httpStatus: number | null;
  readonly reason: string | null;
  /** The first 1,024 characters of the last reply. */
  readonly response: string | null;
  /** What a `success` reply returned. Null if it returned nothing. */
  readonly retval: JsonValue;
  readonly durationMs: number | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** One try to deliver an event: a request, or a call of a handler. */
export interface Attempt {
  /** From 1. */
  readonly number: number;
  readonly outcome: DeliveryStatus;
  readonly httpStatus: number | null;
  readonly reason: string | null;
  readonly response: string | null;
  /**
   * What operators may know about a request without a reply: messages of the system, with the addresses that the name resolved to. Show it
   * to no owner of a listener. Null if there is nothing to add to the reason.
   */
  readonly detail: string | null;
  readonly durationMs: number;
  readonly at: Date;
}

export interface DeliveryWithAttempts extends Delivery {
  readonly attempts: readonly Attempt[];
}

/** The request of a delivery, as its last attempt sent it or its first one would. */
export interface ShownRequest {
  readonly method: string;
  readonly url: string;
  /** Names in lower case. A secret value is shown as `[secret]`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function toDelivery(row: DeliveryRow): Delivery {
  return {
    id: row.id,
    eventId: row.event_id,
    event: row.event,
    listenerId: row.listener_id,
    status: row.status,
    attempt: row.attempt,
    nextAt: row.next_at,
    httpStatus: row.http_status,
    reason: row.reason,
    response: row.response,
    retval: row.retval,
    durationMs: row.duration_ms,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export function toAttempt(row: AttemptRow): Attempt {
  const { number, outcome, reason, response, detail } = row;
  return {
    number,
    outcome,
    httpStatus: row.http_status,
    reason,
    response,
    detail,
    durationMs: row.duration_ms,
    at: row.attempted_at,
  };
}

/** The attempts of a delivery without rows for them: it ended with its first one, or was never sent. */
export function onlyAttempt(row: DeliveryRow): readonly Attempt[] {
  const { attempted_at, duration_ms } = row;
  if (!attempted_at || duration_ms === null) return [];
  return [
    toAttempt({ ...row, number: 1, outcome: row.status, detail: null, attempted_at, duration_ms }),
  ];
}
