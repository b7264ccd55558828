import { type HookEvent, isBackfilled } from '../../hook/event';
import { sendable } from '../../listener/saved/headers';
import type { Digest } from '../../options/listener';
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

type SigningListener = Pick<
  Recipient,
  'id' | 'contentType' | 'digest' | 'signature' | 'headers' | 'keyRing'
>;

/** All headers of one request. Those of the listener override those of the hook; those of this package override both. */
export function requestHeaders(
  event: HeadedEvent,
  listener: SigningListener,
  { deliveryId, attempt, body, secret, previousSecret, now, isTest = false }: SignedRequest,
): Record<string, string> {
  const timestamp = Math.floor(now / 1_000);
  const signed = { id: deliveryId, timestamp, body };
  // The key of the HMACs is one that receivers by v1a need not have.
  const secrets = listener.signature === 'v1a' ? [] : secretsIn(secret, previousSecret);
  return {
    ...allowed(event.headers),
    ...sharedHeaders(listener),
    'hook-event': headerText(event.name),
    'hook-delivery': deliveryId,
    ...hmacHeaders(listener.digest, secrets, body),
    'hook-attempt': String(attempt),
    ...(isTest && { 'hook-test': '1' }),
    ...(isBackfilled(event) && { 'hook-backfill': '1' }),
    'webhook-id': deliveryId,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': [
      ...secrets.map((key) => webhookSignature(key, signed)),
      ...(listener.keyRing?.signatures(signed) ?? []),
    ].join(' '),
  };
}

function secretsIn(secret: string, previous: string | null): readonly string[] {
  return previous === null ? [secret] : [secret, previous];
}

function hmacHeaders(
  digest: Digest,
  [secret, previous]: readonly string[],
  body: string,
): Readonly<Record<string, string>> {
  return {
    ...(secret !== undefined && { 'hook-hmac': hookHmac(digest, secret, body) }),
    ...(previous !== undefined && { 'hook-hmac-previous': hookHmac(digest, previous, body) }),
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
