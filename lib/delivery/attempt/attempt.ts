import { beginning } from '../../base/beginning';
import { monotonicMs } from '../../base/clock';
import type { AttemptOptions } from '../../options/delivery';
import type { RecordedEffect } from '../chunk/outcome';
import type { Attempted } from '../chunk/outcome-record';
import { type Recipient, secretsOf } from '../chunk/recipients';
import type { Reply } from '../http/reply';
import type { Transport } from '../http/transport';
import type { OriginSign } from '../origins/breakers';
import { type Judgement, judge } from '../reply/judge';
import { discreet, discreetText, type Redact, redactor } from '../reply/redaction';
import { type AppliedOptions, appliedOptions, type GeneralOptions } from './applied-options';
import type { HandlerCalls } from './handler-calls';
import {
  type AttemptRecord,
  identity,
  nextState,
  type PendingDelivery,
  type UrlDelivery,
  unattempted,
} from './pending';
import { type Preparation, prepare } from './prepare';

export interface AttemptContext {
  readonly transport: Transport;
  readonly calls: Pick<HandlerCalls, 'call'>;
  /** The attachment's. */
  readonly options: GeneralOptions;
  readonly signal: AbortSignal;
  readonly warnings: Preparation['warnings'];
  readonly random?: () => number;
}

export interface AttemptResult {
  readonly record: AttemptRecord;
  /** Null if it says nothing about the origin. */
  readonly sign: OriginSign | null;
}

/** Attempts a delivery once: sends its request, or calls its handler. Rejects only if the request cannot be made. */
export async function attempt(
  delivery: PendingDelivery,
  context: AttemptContext,
): Promise<AttemptResult> {
  const { hook, recipient, target } = delivery;
  if (recipient.unreadable)
    return { record: unattempted(delivery, recipient.unreadable), sign: null };
  const applied = appliedOptions(context.options, hook, recipient);
  if (target.kind === 'url') return post({ ...delivery, target }, applied, context);
  const record = await context.calls.call({ ...delivery, target }, applied, context);
  return { record, sign: null };
}

/** Prepare the request, carry it to the recipient, judge the reply. */
async function post(
  delivery: UrlDelivery,
  { options, leastDelayMs: least }: AppliedOptions,
  { transport, signal, warnings, random }: AttemptContext,
): Promise<AttemptResult> {
  const { recipient, state } = delivery;
  const { clock } = recipient;
  const at = new Date(clock.nowMs());
  const startedAt = monotonicMs();
  const request = prepare(delivery, { options, at, warnings });
  const reply = await transport.carry(request, { signal });
  const { replies } = recipient;
  const judgement = judge(reply, {
    state,
    options,
    leastDelayMs: least,
    replies,
    clock,
    random,
  });
  const redact = redactor(() => secretsOf(recipient));
  const record = {
    ...identity(delivery),
    state: nextState(state, judgement.outcome),
    outcome: discreet(judgement.outcome, redact),
    attempted: { at, durationMs: monotonicMs() - startedAt, ...answer(reply, redact) },
    effect: effectOf(judgement, reply, { recipient, options }),
  };
  // A request that this process broke off says nothing about the origin.
  return { record, sign: signal.aborted ? null : signOf(reply, judgement) };
}

export function signOf(reply: Reply, { effect }: Judgement): OriginSign | null {
  if (reply.kind === 'refused') return null;
  if (reply.kind === 'unanswered') return reply.timedOut ? 'timedOut' : 'failing';
  return reply.httpStatus >= 500 && effect.pauseMs === undefined ? 'failing' : 'answered';
}

/** Characters that are stored of a reply. An event may have a million listeners, and each of their attempts a reply. */
const STORED_OF_REPLY = 1_024;

type Answered = Pick<Attempted, 'httpStatus' | 'response' | 'detail'>;

export function answer(reply: Reply, redact: Redact): Answered {
  if (reply.kind !== 'answered') {
    const detail = reply.detail === undefined ? null : discreetText(reply.detail, redact);
    return { httpStatus: null, response: null, detail };
  }
  const { httpStatus } = reply;
  const response = beginning(redact(reply.text, reply.truncated), STORED_OF_REPLY);
  return { httpStatus, response: response === '' ? null : response, detail: null };
}

interface EffectCircumstances {
  readonly recipient: Recipient;
  readonly options: Required<AttemptOptions>;
}

/** Only what changes the listener's row: most outcomes change nothing there. */
export function effectOf(
  { effect }: Judgement,
  reply: Reply,
  { recipient: { failingSinceMs, clock }, options: { disableAfterMs } }: EffectCircumstances,
): RecordedEffect {
  if (isSuccess(reply)) return failingSinceMs === null ? effect : { ...effect, isHealthy: true };
  if (effect.deactivate !== undefined) return effect;
  if (failingSinceMs === null) return { ...effect, isHealthy: false };
  if (clock.nowMs() - failingSinceMs < disableAfterMs) return effect;
  const since = new Date(failingSinceMs).toISOString();
  return { ...effect, deactivate: `it failed without a break since ${since}` };
}

function isSuccess(reply: Reply): boolean {
  return reply.kind === 'answered' && reply.httpStatus >= 200 && reply.httpStatus < 300;
}
