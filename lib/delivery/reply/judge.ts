import { isPlainObject, isWithin, type JsonValue, MAX_LEVELS } from '../../base/json';
import type { AttemptOptions } from '../../options/delivery';
import type { DeliveryState, ListenerEffect, Outcome } from '../chunk/outcome';
import type { Reply } from '../http/reply';
import { backoffMs } from './backoff';

export interface Judgement {
  readonly outcome: Outcome;
  readonly effect: ListenerEffect;
}

export interface Circumstances {
  /** Before this attempt. */
  readonly state: DeliveryState;
  readonly options: Required<AttemptOptions>;
  /** Whether the bodies of 2xx replies are read for instructions. */
  readonly replies: boolean;
  readonly now?: () => number;
  readonly random?: (() => number) | undefined;
}

export const MAX_RESCHEDULES = 100;
const DAY_SECONDS = 86_400;
const MIN_COUNTDOWN_SECONDS = { reschedule: 30, slow_process_reschedule: 300 } as const;
const HTTP_DATE = /^\s*[A-Z][a-z]+, .+ GMT\s*$/;

/** The outcome of a delivery with this reply, and the effect on its listener. The documentation has the rules as a table. */
export function judge(reply: Reply, circumstances: Circumstances): Judgement {
  if (reply.kind === 'refused') return plain({ kind: 'failed', reason: reply.reason });
  if (reply.kind === 'unanswered') return plain(retry(reply.reason, circumstances));
  const { httpStatus, text, truncated } = reply;
  if (httpStatus >= 200 && httpStatus < 300)
    return plain(
      circumstances.replies && !truncated ? steered(text, circumstances) : { kind: 'done' },
    );
  if (httpStatus === 410) return gone();
  return unsuccessful(httpStatus, reply.retryAfter, circumstances);
}

function plain(outcome: Outcome): Judgement {
  return { outcome, effect: {} };
}

function gone(): Judgement {
  const reason = 'HTTP 410: the recipient is gone';
  return { outcome: { kind: 'failed', reason }, effect: { deactivate: reason } };
}

function unsuccessful(
  httpStatus: number,
  retryAfter: string | null,
  circumstances: Circumstances,
): Judgement {
  const outcome = retry(`HTTP ${httpStatus}`, circumstances);
  const asked = httpStatus === 429 || httpStatus === 503 ? retryAfter : null;
  const pauseMs = asked === null ? null : retryAfterMs(asked, circumstances.now?.() ?? Date.now());
  if (pauseMs === null) return plain(outcome);
  if (outcome.kind !== 'retrying') return { outcome, effect: { pauseMs } };
  return { outcome: { ...outcome, afterMs: pauseMs }, effect: { pauseMs } };
}

function retry(reason: string, { state, options, random }: Circumstances): Outcome {
  if (state.retries >= options.retries) return { kind: 'failed', reason };
  return { kind: 'retrying', afterMs: backoffMs(state.retries + 1, options, random), reason };
}

/** The value of Retry-After (seconds or an HTTP date) in milliseconds, at most one day; null if it is neither. */
export function retryAfterMs(value: string, now: number): number | null {
  const seconds = /^\d+$/.test(value.trim()) ? Number(value) : secondsUntil(value, now);
  if (Number.isNaN(seconds)) return null;
  return Math.min(Math.max(seconds, 0), DAY_SECONDS) * 1_000;
}

function secondsUntil(value: string, now: number): number {
  // Date.parse alone reads "1.5" and "-5" as dates in the past, so that the delivery would be tried again at once.
  return HTTP_DATE.test(value) ? (Date.parse(value) - now) / 1_000 : Number.NaN;
}

function steered(text: string, circumstances: Circumstances): Outcome {
  const reply = jsonObject(text);
  switch (reply?.status) {
    case 'success':
      return reply.retval === undefined ? { kind: 'done' } : { kind: 'done', retval: reply.retval };
    case 'failure':
    case 'fail':
      return {
        kind: 'failed',
        reason: reasonText(reply.reason ?? reply.output, 'the recipient failed'),
      };
    case 'skip':
      return {
        kind: 'skipped',
        reason: reasonText(reply.output ?? reply.reason, 'the recipient skipped it'),
      };
    case 'reschedule':
      return reschedule(reply.countdown, MIN_COUNTDOWN_SECONDS.reschedule, circumstances);
    case 'slow_process_reschedule':
      return reschedule(
        reply.countdown,
        MIN_COUNTDOWN_SECONDS.slow_process_reschedule,
        circumstances,
      );
    default:
      return { kind: 'done' };
  }
}

function reschedule(countdown: unknown, minimum: number, { state }: Circumstances): Outcome {
  if (state.reschedules >= MAX_RESCHEDULES)
    return { kind: 'failed', reason: `rescheduled ${MAX_RESCHEDULES} times in a row` };
  const asked = typeof countdown === 'number' && Number.isFinite(countdown) ? countdown : minimum;
  const seconds = Math.min(Math.max(asked, minimum), DAY_SECONDS);
  return { kind: 'rescheduled', afterMs: seconds * 1_000 };
}

function jsonObject(text: string): Record<string, JsonValue> | null {
  if (!text.trimStart().startsWith('{')) return null;
  try {
    const value: unknown = JSON.parse(text);
    // JSON.stringify fails on deeper values, so they could not be stored.
    const isUsable = isPlainObject(value) && isWithin(value, MAX_LEVELS);
    return isUsable ? (value as Record<string, JsonValue>) : null;
  } catch {
    return null;
  }
}

function reasonText(value: JsonValue | undefined, otherwise: string): string {
  if (value === undefined || value === null) return otherwise;
  // It is cut when its secrets have been removed.
  return typeof value === 'string' ? value : JSON.stringify(value);
}
