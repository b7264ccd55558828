import { type HookEvent, isBackfilled } from '../../hook/event';
import { sendable } from '../../listener/saved/headers';
import { hookHmac, webhookSignature } from '../../signing/signature';
import type { Recipient } from '../chunk/recipients';
import { USER_AGENT } from './user-agent';

export interface SignedRequest {
  readonly deliveryId: string;
  /** From 1. */
  readonly attempt: number;
  readonly body: string;
  readonly secret: string;
  /** The request is signed with it, too, while both secrets are valid. */
  readonly previousSecret: string | null;
  readonly now: number;
  /** The values are samples. */
  readonly isTest?: boolean;
}

/** What the headers of a request say about an event. */
export type HeadedEvent = Pick<HookEvent, 'hook' | 'name' | 'operation' | 'headers'>;

/** All headers of one request. Those of the listener override those of the hook; those of this package override both. */
export function requestHeaders(
  event: HeadedEvent,
  listener: Pick<Recipient, 'id' | 'contentType' | 'digest' | 'headers'>,
  { deliveryId, attempt, body, secret, previousSecret, now, isTest = false }: SignedRequest,
): Record<string, string> {
  const timestamp = Math.floor(now / 1_000);
  const signed = { id: deliveryId, timestamp, body };
  const secrets = previousSecret === null ? [secret] : [secret, previousSecret];
  return {
    ...allowed(event.headers),
    ...sharedHeaders(listener),
    'hook-event': headerText(event.name),
    'hook-delivery': deliveryId,
    'hook-hmac': hookHmac(listener.digest, secret, body),
    ...(previousSecret !== null && {
      'hook-hmac-previous': hookHmac(listener.digest, previousSecret, body),
    }),
    'hook-attempt': String(attempt),
    ...(isTest && { 'hook-test': '1' }),
    ...(isBackfilled(event) && { 'hook-backfill': '1' }),
    'webhook-id': deliveryId,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': secrets.map((key) => webhookSignature(key, signed)).join(' '),
  };
}

type HeadersSource = Pick<Recipient, 'id' | 'contentType' | 'headers'>;

/** By listener as it was read: its deliveries that were loaded together share them. */
const shared = new WeakMap<HeadersSource, Readonly<Record<string, string>>>();

/** The headers that are the same in all requests to a listener. */
function sharedHeaders(listener: HeadersSource): Readonly<Record<string, string>> {
  const known = shared.get(listener);
  if (known) return known;
  const headers = {
    ...allowed(listener.headers),
    'content-type': listener.contentType,
    'user-agent': USER_AGENT,
    'hook-subscription': listener.id,
  };
  shared.set(listener, headers);
  return headers;
}

/** Headers that may be sent, with their names in lower case so that each header has one key. A hook's function may return others. */
function allowed(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  const sent = sendable(Object.entries(headers));
  return Object.fromEntries(sent.map(([name, value]) => [name.toLowerCase(), value]));
}

/** An event may have any name. A name with characters that a header cannot hold, or with `%`, is percent-encoded. */
function headerText(text: string): string {
  return /^[\x21-\x24\x26-\x7e]*$/.test(text) ? text : encodeURIComponent(text.toWellFormed());
}
