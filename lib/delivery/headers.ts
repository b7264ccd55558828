import type { HookEvent } from '../hook/event';
import type { Listener } from '../listener/listener';
import { isHeader } from '../listener/validation';
import { hookHmac, webhookSignature } from './signature';
import { USER_AGENT } from './user-agent';

export interface SignedRequest {
  readonly deliveryId: string;
  /** From 1. */
  readonly attempt: number;
  readonly body: string;
  readonly secret: string;
  readonly now: number;
  /** The values are samples. */
  readonly isTest?: boolean;
}

/** All headers of one request: the hook's, then the listener's, then ours, each over the ones before. */
export function requestHeaders(
  event: HookEvent,
  listener: Pick<Listener, 'id' | 'contentType' | 'digest' | 'headers'>,
  { deliveryId, attempt, body, secret, now, isTest = false }: SignedRequest,
): Record<string, string> {
  const timestamp = Math.floor(now / 1_000);
  return {
    ...allowed(event.headers),
    ...allowed(listener.headers),
    'content-type': listener.contentType,
    'user-agent': USER_AGENT,
    'hook-event': headerText(event.name),
    'hook-delivery': deliveryId,
    'hook-hmac': hookHmac(listener.digest, secret, body),
    'hook-subscription': listener.id,
    'hook-attempt': String(attempt),
    ...(isTest && { 'hook-test': '1' }),
    'webhook-id': deliveryId,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': webhookSignature(secret, { id: deliveryId, timestamp, body }),
  };
}

/** Names in lower case, so that one header is one key. What a hook's function may not set is left out. */
function allowed(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  const entries = Object.entries(headers).filter(([name, value]) => isHeader(name, value));
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), String(value)]));
}

/** An event's name is the application's word; what a header cannot carry is percent-encoded, and so is what would read like it. */
function headerText(text: string): string {
  return /^[\x21-\x24\x26-\x7e]*$/.test(text) ? text : encodeURIComponent(text.toWellFormed());
}
