import { monotonicMs } from '../../base/clock';
import { secretsOf } from '../chunk/recipients';
import type { Reply } from '../http/reply';
import type { PreparedRequest } from '../http/transport';
import type { OriginSign } from '../origins/breakers';
import { judgeBatch } from '../reply/judge-batch';
import { discreet, redactor } from '../reply/redaction';
import { batchBody, batchEvent, batchHeaders, batchId, fitting } from '../request/batch';
import { requestHeaders } from '../request/headers';
import { type AppliedOptions, appliedOptions } from './applied-options';
import { type AttemptContext, answer, effectOf, signOf } from './attempt';
import {
  type AttemptRecord,
  identity,
  nextState,
  type UrlDelivery,
  unattempted,
  unsendable,
} from './pending';
import { contentOf } from './prepare';

/** Deliveries of one listener that one request can hold: there is at least one, and the same delivery options apply to all. */
export type Batch = readonly [UrlDelivery, ...UrlDelivery[]];

export interface BatchResult {
  readonly records: readonly AttemptRecord[];
  /** Null if it says nothing about the origin. */
  readonly sign: OriginSign | null;
  /** Deliveries that did not fit into the request. */
  readonly rest: readonly UrlDelivery[];
}

/** Attempts the deliveries of a batch once, with one request. A delivery whose body cannot be written fails, and the others are sent. */
export async function attemptBatch(batch: Batch, context: AttemptContext): Promise<BatchResult> {
  const [{ hook, recipient }] = batch;
  const { unreadable } = recipient;
  if (unreadable)
    return { records: batch.map((one) => unattempted(one, unreadable)), sign: null, rest: [] };
  const applied = appliedOptions(context.options, hook, recipient);
  const { bodies, sent, unwritable, rest } = contents(batch, applied, context);
  const [first, ...others] = sent;
  if (!first) return { records: unwritable, sign: null, rest };
  const posted = await post([first, ...others], bodies, applied, context);
  return { records: [...unwritable, ...posted.records], sign: posted.sign, rest };
}

interface Contents {
  readonly bodies: readonly string[];
  /** The deliveries of the bodies. */
  readonly sent: readonly UrlDelivery[];
  readonly unwritable: readonly AttemptRecord[];
  readonly rest: readonly UrlDelivery[];
}

function contents(batch: Batch, { options }: AppliedOptions, context: AttemptContext): Contents {
  const unwritable: AttemptRecord[] = [];
  const written: UrlDelivery[] = [];
  const bodies = fitting(
    (function* () {
      for (const delivery of batch)
        try {
          const body = contentOf(delivery, options.maxPayloadBytes, context.warnings);
          written.push(delivery);
          yield body;
        } catch (error) {
          unwritable.push(unsendable(delivery, error));
        }
    })(),
  );
  const sent = written.slice(0, bodies.length);
  const ended = new Set(unwritable.map(({ deliveryId }) => deliveryId));
  const rest = batch.filter((one) => !sent.includes(one) && !ended.has(one.deliveryId));
  return { bodies, sent, unwritable, rest };
}

async function post(
  batch: Batch,
  bodies: readonly string[],
  applied: AppliedOptions,
  { transport, signal, random }: AttemptContext,
): Promise<Omit<BatchResult, 'rest'>> {
  const [{ recipient }] = batch;
  const { options, leastDelayMs } = applied;
  const { clock, replies } = recipient;
  const at = new Date(clock.nowMs());
  const startedAt = monotonicMs();
  const reply = await transport.carry(request(batch, batchBody(bodies), { applied, at }), {
    signal,
  });
  const members = batch.map(({ deliveryId, event, state }) => ({
    deliveryId,
    eventId: event.id,
    state,
  }));
  const judged = judgeBatch(reply, members, { options, leastDelayMs, replies, clock, random });
  const redact = redactor(() => secretsOf(recipient));
  const attempted = { at, durationMs: monotonicMs() - startedAt, ...answer(reply, redact) };
  const records = batch.flatMap((delivery, n) => {
    const judgement = judged[n];
    if (!judgement) return [];
    const state = nextState(delivery.state, judgement.outcome);
    const effect = effectOf(judgement, reply, { recipient, options });
    return [
      {
        ...identity(delivery),
        state,
        outcome: discreet(judgement.outcome, redact),
        attempted,
        effect,
      },
    ];
  });
  return { records, sign: signal.aborted ? null : signOfBatch(reply, judged) };
}

function signOfBatch(reply: Reply, [first]: ReturnType<typeof judgeBatch>): OriginSign | null {
  return first ? signOf(reply, first) : null;
}

function request(
  batch: Batch,
  body: string,
  { applied: { options }, at }: { readonly applied: AppliedOptions; readonly at: Date },
): PreparedRequest {
  const [{ hook, recipient, target, isTest = false }] = batch;
  const ids = batch.map(({ deliveryId }) => deliveryId);
  const event = batchEvent(batch.map(({ event }) => event)) ?? batch[0].event;
  const deliveryId = batchId(recipient.id, ids);
  const attempt = Math.max(...batch.map(({ state }) => state.attempt)) + 1;
  return {
    target,
    method: 'POST',
    headers: {
      ...requestHeaders(event, recipient, {
        deliveryId,
        attempt,
        body,
        secret: recipient.secret,
        previousSecret: recipient.previousSecret,
        now: at.getTime(),
        isTest,
      }),
      ...batchHeaders(ids),
    },
    body,
    timeoutMs: options.timeoutMs,
    maxResponseBytes: options.maxResponseBytes,
    hook,
    recipients: recipient.delivery.recipients,
    about: {
      event: event.name,
      events: batch.length,
      deliveryId,
      listenerId: recipient.id,
      attempt,
      traces: batch.flatMap((one) => one.event.trace ?? []),
    },
  };
}
