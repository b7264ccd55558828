import { setImmediate as immediate } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { monotonicMs } from '../../base/clock';
import type { Contexts } from '../../capture/contexts';
import { selectedEvent } from '../../hook/selection';
import type { Logger } from '../../logging/logger';
import { poolSizeOf } from '../../store/pooling';
import type { Store } from '../../store/store';
import type { Telemetry } from '../../telemetry/telemetry';
import type { Outcome } from '../chunk/outcome';
import { secretsOf } from '../chunk/recipients';
import { handled } from '../handler/handled';
import {
  configCopy,
  eventCopy,
  type Handler,
  type HandlerContext,
  type Handlers,
  timeoutMsOf,
} from '../handler/handlers';
import { checkedAnswer, judgeHandled } from '../reply/judge-handled';
import { discreetOfHandler, redactor } from '../reply/redaction';
import type { AppliedOptions } from './applied-options';
import { HandlerTransaction } from './handler-transaction';
import {
  type AttemptRecord,
  type HandlerDelivery,
  identity,
  nextState,
  unattempted,
} from './pending';
import { TransactionPlaces } from './transaction-places';

export interface HandlerCallParts {
  readonly dataSource: DataSource;
  readonly store: Store;
  readonly handlers: Pick<Handlers, 'find'>;
  readonly logger: Logger;
  readonly contexts: Pick<Contexts, 'outside'>;
  readonly telemetry: Pick<Telemetry, 'within'>;
}

export interface CallCircumstances {
  /** Aborted when the process stops. */
  readonly signal: AbortSignal;
  readonly random?: (() => number) | undefined;
}

/** Calls the handlers of deliveries. */
export class HandlerCalls {
  #lastTurn: Promise<void> = Promise.resolve();
  readonly #places: TransactionPlaces;

  constructor(private readonly parts: HandlerCallParts) {
    this.#places = new TransactionPlaces(() => poolSizeOf(parts.dataSource));
  }

  /** Calls the handler of a delivery once, and judges how the call ended. Never rejects. */
  async call(
    delivery: HandlerDelivery,
    applied: AppliedOptions,
    { signal, random }: CallCircumstances,
  ): Promise<AttemptRecord> {
    const handler = this.parts.handlers.find(delivery.target.name);
    if (!handler) return unattempted(delivery, unknownHandler(delivery.target.name));
    await this.#turn();
    const startedAt = monotonicMs();
    const recordOf = (outcome: Outcome) => recordOfCall(delivery, outcome, startedAt);
    const circumstances = { state: delivery.state, ...applied, random };
    const transaction = new HandlerTransaction(this.parts, (answer) =>
      recordOf(judgeHandled({ kind: 'returned', value: checkedAnswer(answer) }, circumstances)),
    );
    const timeoutMs = timeoutMsOf(handler, delivery.event);
    const run = (own: AbortSignal) => this.#run(handler, delivery, transaction, own);
    const ended = await handled(run, { timeoutMs, signal });
    if (transaction.record) return transaction.record;
    return ended.kind === 'stopped'
      ? unattempted(delivery, STOPPED)
      : recordOf(judgeHandled(ended, circumstances));
  }

  /** One call begins in each turn of the event loop: several that block it must not follow each other before replies are read. */
  #turn(): Promise<void> {
    this.#lastTurn = this.#lastTurn.then(() => immediate());
    return this.#lastTurn;
  }

  #run(
    { fn }: Handler,
    delivery: HandlerDelivery,
    transaction: HandlerTransaction,
    signal: AbortSignal,
  ): unknown {
    const { event, deliveryId, state, recipient, isTest = false } = delivery;
    const context: HandlerContext = {
      signal,
      attempt: state.attempt + 1,
      logger: this.parts.logger,
      deliveryId,
      config: configCopy(recipient.config),
      isTest,
      transaction: (work) => this.#places.within(() => transaction.run(work, signal), signal),
    };
    const { contexts, telemetry } = this.parts;
    const facts = {
      name: `process ${delivery.target.name}`,
      hook: event.hook,
      kind: 'consumer',
      attributes: {
        'model_hooks.event': event.name,
        'model_hooks.handler': delivery.target.name,
        'model_hooks.delivery.id': deliveryId,
        'model_hooks.listener.id': recipient.id,
        'model_hooks.attempt': state.attempt + 1,
      },
      traces: event.trace ? [event.trace] : [],
    } as const;
    return contexts.outside(() =>
      telemetry.within(facts, async () =>
        fn(eventCopy(selectedEvent(recipient.select, event)), context),
      ),
    );
  }
}

/** The handler is not to blame: another process calls it, and no retry is used up. */
const STOPPED = {
  kind: 'waiting',
  afterMs: 1_000,
  reason: 'the process stopped before the handler had ended',
} as const satisfies Outcome;

/** A process that does not know a handler leaves its deliveries to others for this time. `idle()` waits for what is due that soon. */
const UNKNOWN_HANDLER_MS = 1_000;

/** The outcome of a delivery whose handler this process does not know. */
export function unknownHandler(name: string): Extract<Outcome, { kind: 'waiting' }> {
  const reason = `the handler "${name}" is not registered in the process that tried`;
  return { kind: 'waiting', afterMs: UNKNOWN_HANDLER_MS, reason, isForOthers: true };
}

function recordOfCall(
  delivery: HandlerDelivery,
  outcome: Outcome,
  startedAt: number,
): AttemptRecord {
  const { recipient, state } = delivery;
  const durationMs = monotonicMs() - startedAt;
  const at = new Date(recipient.clock.nowMs() - durationMs);
  return {
    ...identity(delivery),
    state: nextState(state, outcome),
    outcome: discreetOfHandler(
      outcome,
      redactor(() => secretsOf(recipient)),
    ),
    attempted: { at, durationMs, httpStatus: null, response: null, detail: null },
    effect: {},
  };
}
