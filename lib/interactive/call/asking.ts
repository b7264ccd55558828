import type { DataSource } from 'typeorm';
import { appliedOptions, type GeneralOptions } from '../../delivery/attempt/applied-options';
import type { UrlDelivery } from '../../delivery/attempt/pending';
import { prepare, TruncationWarnings } from '../../delivery/attempt/prepare';
import { UNTRIED } from '../../delivery/chunk/outcome';
import type { Recipient } from '../../delivery/chunk/recipients';
import { handled } from '../../delivery/handler/handled';
import { configCopy, eventCopy, type Handlers } from '../../delivery/handler/handlers';
import type { Transport } from '../../delivery/http/transport';
import type { HookEvent } from '../../hook/event';
import type { Hook } from '../../hook/hook';
import { selectedEvent } from '../../hook/selection';
import { isTarget, parseTarget, type UrlTarget } from '../../listener/declared/target';
import type { Logger } from '../../logging/logger';
import { interactiveContext } from '../context';
import {
  answerOfHandled,
  answerOfReply,
  type CallAnswer,
  UNABLE_HTTP_STATUS,
  unanswered,
} from './call-answer';

export interface AskingParts {
  readonly dataSource: DataSource;
  readonly handlers: Pick<Handlers, 'find'>;
  readonly transport: Transport;
  readonly logger: Logger;
  /** The attachment's. */
  readonly delivery: GeneralOptions;
}

/** A call, and who answers it. */
export interface Question {
  readonly hook: Hook;
  readonly event: HookEvent;
  readonly recipient: Recipient;
  readonly deliveryId: string;
}

/** A call has no chunk. */
const NO_CHUNK = { id: '', token: '', eventIds: [], listenerIds: [] };
/** Bytes of a reply that are read, unless the hook or the listener says otherwise: it is passed on, and not only judged. */
const MAX_RESPONSE_BYTES = 1_048_576;

/** Asks the listener of an interactive hook, by a request or by a call of its handler. */
export class Asking {
  readonly #warnings: TruncationWarnings;

  constructor(private readonly parts: AskingParts) {
    this.#warnings = new TruncationWarnings(parts.logger);
  }

  /** Never rejects: trouble is an answer, too. */
  async ask(question: Question): Promise<CallAnswer> {
    const { unreadable, target } = question.recipient;
    if (unreadable) return unanswered(unreadable.reason ?? '', { httpStatus: UNABLE_HTTP_STATUS });
    if (!isTarget(target)) return unanswered('the target is neither a URL nor a handler');
    const parsed = parseTarget(target);
    try {
      return parsed.kind === 'url'
        ? await this.#request(question, parsed)
        : await this.#callHandler(question, parsed.name);
    } catch (error) {
      const what = error instanceof Error ? error.name : typeof error;
      return unanswered(`the request could not be made (${what})`);
    }
  }

  async #callHandler(question: Question, name: string): Promise<CallAnswer> {
    const handler = this.parts.handlers.find(name);
    const { event, deliveryId, recipient } = question;
    if (!handler) {
      const reason = `this process does not know the handler "${name}"`;
      return unanswered(reason, { httpStatus: UNABLE_HTTP_STATUS });
    }
    const timeoutMs = Math.min(limitMs(question), handler.options.timeoutMs ?? Infinity);
    const config = configCopy(recipient.config);
    const received = eventCopy(selectedEvent(recipient.select, event));
    const call = (signal: AbortSignal) =>
      handler.fn(received, interactiveContext(this.parts, { deliveryId, signal, config }));
    return answerOfHandled(await handled(call, { timeoutMs, signal: unstopped() }));
  }

  async #request(question: Question, target: UrlTarget): Promise<CallAnswer> {
    const { hook, recipient } = question;
    const { options } = appliedOptions(this.parts.delivery, hook, recipient);
    const maxResponseBytes =
      recipient.delivery.maxResponseBytes ??
      hook.declared.delivery?.maxResponseBytes ??
      Math.max(MAX_RESPONSE_BYTES, options.maxResponseBytes);
    const delivery: UrlDelivery = {
      ...question,
      target,
      chunk: NO_CHUNK,
      state: UNTRIED,
      ordered: false,
    };
    const request = prepare(delivery, {
      options: { ...options, timeoutMs: limitMs(question), maxResponseBytes },
      at: new Date(recipient.clock.nowMs()),
      warnings: this.#warnings,
    });
    const reply = await this.parts.transport.carry(request, { signal: unstopped() });
    return answerOfReply(reply);
  }
}

/** Nothing stops a call but its time limit. A shared signal would collect the listeners of all open calls. */
function unstopped(): AbortSignal {
  return new AbortController().signal;
}

/** A listener can have a shorter limit than its hook. */
function limitMs({ hook: { callTimeoutMs }, recipient: { delivery } }: Question): number {
  return Math.min(callTimeoutMs ?? Infinity, delivery.timeoutMs ?? Infinity);
}
