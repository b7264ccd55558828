import { ExpiringMap } from '../../base/expiring-map';
import type { HookEvent } from '../../hook/event';
import { selectedEvent } from '../../hook/selection';
import type { Logger } from '../../logging/logger';
import type { AttemptOptions } from '../../options/delivery';
import type { PreparedRequest } from '../http/transport';
import { body, bodyWithoutData } from '../request/body';
import { requestHeaders } from '../request/headers';
import type { PendingDelivery, UrlDelivery } from './pending';

export interface Preparation {
  /** Those that apply to this delivery. */
  readonly options: Required<AttemptOptions>;
  /** The time that is signed. */
  readonly at: Date;
  readonly warnings: Pick<TruncationWarnings, 'warn'>;
}

/** The request of a delivery, signed. Throws if it cannot be made: a body may be impossible to write. */
export function prepare(
  delivery: UrlDelivery,
  { options, at, warnings }: Preparation,
): PreparedRequest {
  const { deliveryId, event, hook, recipient, target, state, isTest = false } = delivery;
  const { secret, previousSecret } = recipient;
  const { timeoutMs, maxResponseBytes, maxPayloadBytes } = options;
  const content = contentOf(delivery, maxPayloadBytes, warnings);
  const headers = requestHeaders(event, recipient, {
    deliveryId,
    attempt: state.attempt + 1,
    body: content,
    secret,
    previousSecret,
    now: at.getTime(),
    isTest,
  });
  const { recipients } = recipient.delivery;
  return {
    target,
    method: 'POST',
    headers,
    body: content,
    timeoutMs,
    maxResponseBytes,
    hook,
    recipients,
    about: {
      event: event.name,
      events: 1,
      deliveryId,
      listenerId: recipient.id,
      attempt: state.attempt + 1,
      traces: event.trace ? [event.trace] : [],
    },
  };
}

export function contentOf(
  { event: whole, hook, recipient: { contentType, format, select } }: PendingDelivery,
  maxBytes: number,
  warnings: Preparation['warnings'],
): string {
  const event = selectedEvent(select, whole);
  const layout = { contentType, format: format ?? hook.format };
  const content = body(event, hook, layout);
  const bytes = Buffer.byteLength(content);
  if (bytes <= maxBytes) return content;
  warnings.warn(event, bytes, maxBytes);
  return bodyWithoutData(event, hook, layout);
}

/** Events remembered, so that an event with a million listeners is logged once. */
const MAX_REMEMBERED = 1_000;

/** Warns of events whose bodies are too large, once for each event. */
export class TruncationWarnings {
  readonly #warned = new ExpiringMap<string, true>(MAX_REMEMBERED);

  constructor(private readonly logger: Pick<Logger, 'warn'>) {}

  warn({ id, hook }: HookEvent, bytes: number, maxPayloadBytes: number): void {
    if (this.#warned.has(id)) return;
    this.#warned.set(id, true);
    const facts = { eventId: id, hook, bytes, maxPayloadBytes };
    this.logger.warn('An event is too large, and is sent without its data.', facts);
  }
}
