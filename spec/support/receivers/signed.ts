import { webhookSignature } from '../../../lib/signing/signature';

export const ID = 'b7c9a1de-7a4b-5a3e-8f44-0c2f6a1d9e55';
export const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
export const NOW = Date.UTC(2026, 6, 1, 12);
export const BODY = '{"name":"Jörg 😀"}';

/** The headers of a request that was signed `agoMs` before `now`. */
export function signed({
  id = ID,
  secret = SECRET,
  body = BODY,
  agoMs = 0,
  now = NOW,
}: {
  readonly id?: string;
  readonly secret?: string;
  readonly body?: string | Uint8Array;
  readonly agoMs?: number;
  readonly now?: number;
} = {}) {
  const timestamp = Math.floor((now - agoMs) / 1_000);
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': webhookSignature(secret, { id, timestamp, body }),
  };
}
