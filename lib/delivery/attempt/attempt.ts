import type { HookEvent } from '../../hook/event';
import type { Hook } from '../../hook/hook';
import type { AttemptOptions } from '../../options/delivery';
import { attemptOptions } from '../../options/delivery-defaults';
import type { Chunk } from '../chunk/chunk';
import type { DeliveryState, Outcome, RecordedEffect } from '../chunk/outcome';
import type { Attempted, OutcomeRecord } from '../chunk/outcome-record';
import { type Recipient, secretsOf } from '../chunk/recipients';
import type { HttpClient } from '../http/http-client';
import type { Reply } from '../http/reply';
import type { OriginSign } from '../origins/breakers';
import { type Judgement, judge } from '../reply/judge';
import { discreet, type Redact, redactor } from '../reply/redaction';
import { body, bodyWithoutData } from '../request/body';
import { requestHeaders } from '../request/headers';

/** One delivery of a chunk, with everything that an attempt needs. */
export interface PendingDelivery {
  readonly chunk: Chunk;
  readonly deliveryId: string;
  readonly event: HookEvent;
  readonly hook: Hook;
  readonly recipient: Recipient;
  readonly state: DeliveryState;
  /** It has its turn among the deliveries about its row. */
  readonly ordered: boolean;
  /** Its values are samples. */
  readonly isTest?: boolean;
}

export interface AttemptContext {
  readonly client: Pick<HttpClient, 'post'>;
  /** Of the attachment. */
  readonly options: Required<AttemptOptions>;
  readonly signal: AbortSignal;
  /** Told of a body that was too long, and is sent without its data. */
  readonly truncated?: (event: HookEvent, bytes: number, maxBytes: number) => void;
}

export type AttemptRecord = Omit<OutcomeRecord, 'closes'>;

export interface AttemptResult {
  readonly record: AttemptRecord;
  /** Null where it says nothing of the origin. */
  readonly sign: OriginSign | null;
}

/** Sends a delivery once, and says what came of it. Rejects only where no request can be made of it. */
export async function attempt(
  delivery: PendingDelivery,
  { client, options: general, signal, truncated }: AttemptContext,
): Promise<AttemptResult> {
  const { hook, recipient, state } = delivery;
  if (recipient.unreadable)
    return { record: unattempted(delivery, recipient.unreadable), sign: null };
  const options = optionsOf(general, hook, recipient);
  const at = new Date();
  const startedAt = performance.now();
  const { timeoutMs, maxResponseBytes } = options;
  const content = contentOf(delivery, options.maxPayloadBytes, truncated);
  const request = signed(delivery, content, at);
  const reply = await client.post({ ...request, timeoutMs, maxResponseBytes, signal });
  const judgement = judge(reply, { state, options, replies: recipient.replies });
  const redact = redactor(() => secretsOf(recipient));
  const record = {
    ...identity(delivery),
    state: nextState(state, judgement.outcome),
    outcome: discreet(judgement.outcome, redact),
    attempted: { at, durationMs: performance.now() - startedAt, ...answer(reply, redact) },
    effect: effectOf(judgement, reply, recipient, options),
  };
  // A request that we broke off ourselves tells nothing.
  return { record, sign: signal.aborted ? null : signOf(reply, judgement) };
}

function signOf(reply: Reply, { effect }: Judgement): OriginSign | null {
  if (reply.kind === 'refused') return null;
  if (reply.kind === 'unanswered') return reply.timedOut ? 'timedOut' : 'failing';
  return reply.httpStatus >= 500 && effect.pauseMs === undefined ? 'failing' : 'answered';
}

/** Those of the attachment, where hook and listener have none of their own. */
function optionsOf(
  general: Required<AttemptOptions>,
  { declared }: Hook,
  { delivery }: Recipient,
): Required<AttemptOptions> {
  const isPlain = declared.delivery === undefined && Object.keys(delivery).length === 0;
  return isPlain ? general : attemptOptions(general, declared.delivery, delivery);
}

/** A delivery that was not sent, and why. */
export function unattempted(
  delivery: Omit<PendingDelivery, 'hook'>,
  outcome: Outcome,
): AttemptRecord {
  return { ...identity(delivery), state: delivery.state, outcome, attempted: null, effect: {} };
}

/** What cannot even be asked, such as a body that cannot be made, would fare no better another time. */
export function unsendable(pending: PendingDelivery, error: unknown): AttemptRecord {
  const what = error instanceof Error ? error.name : typeof error;
  return unattempted(pending, {
    kind: 'failed',
    reason: `the request could not be made (${what})`,
  });
}

function identity({ chunk, deliveryId, event, recipient, ordered }: Omit<PendingDelivery, 'hook'>) {
  return {
    chunk,
    deliveryId,
    eventId: event.id,
    event: event.name,
    listenerId: recipient.id,
    ordered,
  };
}

function contentOf(
  { event, hook, recipient: { contentType, format } }: PendingDelivery,
  maxBytes: number,
  truncated: AttemptContext['truncated'],
): string {
  const layout = { contentType, format: format ?? hook.format };
  const content = body(event, hook, layout);
  const bytes = Buffer.byteLength(content);
  if (bytes <= maxBytes) return content;
  truncated?.(event, bytes, maxBytes);
  return bodyWithoutData(event, layout);
}

function signed(
  { deliveryId, event, recipient, state, isTest = false }: PendingDelivery,
  content: string,
  at: Date,
) {
  const { secret, previousSecret, target } = recipient;
  const headers = requestHeaders(event, recipient, {
    deliveryId,
    attempt: state.attempt + 1,
    body: content,
    secret,
    previousSecret,
    now: at.getTime(),
    isTest,
  });
  return { url: new URL(target), headers, body: content };
}

function nextState(state: DeliveryState, { kind }: Outcome): DeliveryState {
  return {
    attempt: state.attempt + 1,
    retries: kind === 'retrying' ? state.retries + 1 : state.retries,
    reschedules: kind === 'rescheduled' ? state.reschedules + 1 : 0,
  };
}

const STORED_OF_SUCCESS = 1_024;

function answer(reply: Reply, redact: Redact): Pick<Attempted, 'httpStatus' | 'response'> {
  if (reply.kind !== 'answered') return { httpStatus: null, response: null };
  const { httpStatus } = reply;
  const text = redact(reply.text);
  const response = isSuccess(reply) ? text.slice(0, STORED_OF_SUCCESS) : text;
  return { httpStatus, response: response || null };
}

/** News for the listener's row only: most outcomes change nothing there. */
function effectOf(
  { effect }: Judgement,
  reply: Reply,
  { failingSince }: Recipient,
  { disableAfterMs }: Required<AttemptOptions>,
): RecordedEffect {
  if (isSuccess(reply)) return failingSince ? { ...effect, isHealthy: true } : effect;
  if (effect.deactivate !== undefined) return effect;
  if (!failingSince) return { ...effect, isHealthy: false };
  const failingMs = Date.now() - failingSince.getTime();
  if (failingMs < disableAfterMs) return effect;
  return { ...effect, deactivate: `it failed without a break since ${failingSince.toISOString()}` };
}

function isSuccess(reply: Reply): boolean {
  return reply.kind === 'answered' && reply.httpStatus >= 200 && reply.httpStatus < 300;
}
