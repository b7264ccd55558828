import type { DatabaseClock } from '../../base/clock';
import { isPlainObject, isWithin, type JsonRecord, MAX_LEVELS } from '../../base/json';
import type { AttemptOptions } from '../../options/delivery';
import type { DeliveryState, ListenerEffect, Outcome } from '../chunk/outcome';
import type { Reply } from '../http/reply';
import { backoffMs } from './backoff';
import { DAY_SECONDS, steered } from './steering';

export interface Judgement {
  readonly outcome: Outcome;
  readonly effect: ListenerEffect;
}

export interface RetryCircumstances {
  /** Before this attempt. */
  readonly state: DeliveryState;
  readonly options: Required<AttemptOptions>;
  /** A retry comes no sooner. */
  readonly leastDelayMs?: number;
  readonly random?: (() => number) | undefined;
}

export interface Circumstances extends RetryCircumstances {
  /** Whether the bodies of 2xx replies are read for instructions. */
  readonly replies: boolean;
  /** For a date in Retry-After of a reply that does not say what time it is. */
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
}

type Answered = Extract<Reply, { kind: 'answered' }>;

/** The three forms of RFC 9110, 5.6.7. The last one is that of asctime, without a time zone. */
const HTTP_DATE = /^[A-Z][a-z]+, .+ GMT$/;
const ASCTIME_DATE = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d [\d:]{8} \d{4}$/;

/** The outcome of a delivery with this reply, and the effect on its listener. The documentation has the rules as a table. */
export function judge(reply: Reply, circumstances: Circumstances): Judgement {
  if (reply.kind === 'refused') return plain({ kind: 'failed', reason: reply.reason });
  if (reply.kind === 'unanswered') return plain(retry(reply.reason, circumstances));
  const { httpStatus, text, truncated } = reply;
  if (httpStatus >= 200 && httpStatus < 300)
    return plain((circumstances.replies && !truncated && instructed(text, circumstances)) || DONE);
  if (httpStatus === 410) return gone();
  return unsuccessful(reply, circumstances);
}

const DONE: Outcome = { kind: 'done' };

function instructed(text: string, { state }: Circumstances): Outcome | null {
  const answer = jsonObject(text);
  return answer && steered(answer, state);
}

function plain(outcome: Outcome): Judgement {
  return { outcome, effect: {} };
}

function gone(): Judgement {
  const reason = 'HTTP 410: the recipient is gone';
  return { outcome: { kind: 'failed', reason }, effect: { deactivate: reason } };
}

/**
 * The listener is paused for as long as it asks. Its delivery is not tried sooner than its own delay says: the retries are meant to be
 * spread over days, and `Retry-After: 0` would use them up within a second.
 */
function unsuccessful(reply: Answered, circumstances: Circumstances): Judgement {
  const outcome = retry(`HTTP ${reply.httpStatus}`, circumstances);
  const pauseMs = askedPauseMs(reply, circumstances);
  if (pauseMs === 0) return plain(outcome);
  if (outcome.kind !== 'retrying') return { outcome, effect: { pauseMs } };
  const afterMs = Math.max(outcome.afterMs, pauseMs);
  return { outcome: { ...outcome, afterMs }, effect: { pauseMs } };
}

/** How long the recipient asks to be left alone; 0 if it does not ask. A date is compared with the time that the same reply states. */
function askedPauseMs(
  { httpStatus, retryAfter, date }: Answered,
  { clock }: Circumstances,
): number {
  if (retryAfter === null || (httpStatus !== 429 && httpStatus !== 503)) return 0;
  const repliedAt = httpDate(date ?? '');
  return retryAfterMs(retryAfter, Number.isNaN(repliedAt) ? clock.nowMs() : repliedAt) ?? 0;
}

/** Another attempt after the delay of the options, or the end of the delivery if none is left. */
export function retry(reason: string, circumstances: RetryCircumstances): Outcome {
  const { state, options, leastDelayMs = 0, random } = circumstances;
  if (state.retries >= options.retries) return { kind: 'failed', reason };
  const afterMs = Math.max(backoffMs(state.retries + 1, options, random), leastDelayMs);
  return { kind: 'retrying', afterMs, reason };
}

/** The value of Retry-After (seconds or an HTTP date) in milliseconds, at most one day; null if it is neither. */
export function retryAfterMs(value: string, now: number): number | null {
  const seconds = /^\d+$/.test(value.trim()) ? Number(value) : secondsUntil(value, now);
  if (Number.isNaN(seconds)) return null;
  return Math.min(Math.max(seconds, 0), DAY_SECONDS) * 1_000;
}

function secondsUntil(value: string, now: number): number {
  return (httpDate(value) - now) / 1_000;
}

/** NaN if it is none. `Date.parse` alone reads "1.5" and "-5" as dates. */
function httpDate(value: string): number {
  const text = value.trim();
  if (HTTP_DATE.test(text)) return Date.parse(text);
  return ASCTIME_DATE.test(text) ? Date.parse(`${text} GMT`) : Number.NaN;
}

export function jsonObject(text: string): JsonRecord | null {
  // Trimming also removes a further byte order mark.
  const trimmed = text.trim();
  if (!trimmed.startsWith('{')) return null;
  try {
    const value: unknown = JSON.parse(trimmed);
    // JSON.stringify fails on deeper values, so they could not be stored.
    const isUsable = isPlainObject(value) && isWithin(value, MAX_LEVELS);
    return isUsable ? (value as JsonRecord) : null;
  } catch {
    return null;
  }
}
