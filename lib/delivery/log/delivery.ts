import type { JsonValue } from '../../base/json';
import type { DeliveryStatus } from '../chunk/outcome';

/** One event for one listener, and how it ended or stands. */
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
  /** When it is tried next; null where it ended, or is being tried. */
  readonly nextAt: Date | null;
  readonly httpStatus: number | null;
  readonly reason: string | null;
  /** What the last reply said: of a 2xx at most 1,024 characters. */
  readonly response: string | null;
  /** What a `success` reply returned; null where it returned nothing. */
  readonly retval: JsonValue;
  readonly durationMs: number | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface Attempt {
  /** From 1. */
  readonly number: number;
  readonly outcome: DeliveryStatus;
  readonly httpStatus: number | null;
  readonly reason: string | null;
  readonly response: string | null;
  readonly durationMs: number;
  readonly at: Date;
}

export interface DeliveryWithAttempts extends Delivery {
  readonly attempts: readonly Attempt[];
}

/** A delivery as it is stored. */
export interface DeliveryRow {
  readonly id: string;
  readonly event_id: string;
  readonly listener_id: string;
  readonly event: string;
  readonly status: DeliveryStatus;
  readonly attempt: number;
  readonly next_at: Date | null;
  readonly http_status: number | null;
  readonly reason: string | null;
  readonly response: string | null;
  readonly retval: JsonValue;
  readonly duration_ms: number | null;
  readonly attempted_at: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export interface AttemptRow {
  readonly number: number;
  readonly outcome: DeliveryStatus;
  readonly http_status: number | null;
  readonly reason: string | null;
  readonly response: string | null;
  readonly duration_ms: number;
  readonly attempted_at: Date;
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
  const { number, outcome, reason, response } = row;
  return {
    number,
    outcome,
    httpStatus: row.http_status,
    reason,
    response,
    durationMs: row.duration_ms,
    at: row.attempted_at,
  };
}

/** A delivery that ended with its first attempt has no row for it: its own says it all. */
export function onlyAttempt(row: DeliveryRow): readonly Attempt[] {
  const { attempted_at, duration_ms } = row;
  if (!attempted_at || duration_ms === null) return [];
  return [toAttempt({ ...row, number: 1, outcome: row.status, attempted_at, duration_ms })];
}
