import { createHmac } from 'node:crypto';
import type { Digest } from '../options/listener';

const STANDARD_PREFIX = 'whsec_';

/** The header `Hook-HMAC`: base64 of the HMAC of the exact body. The key is the secret as it was given, in UTF-8. */
export function hookHmac(digest: Digest, secret: string, body: string | Uint8Array): string {
  return createHmac(digest, Buffer.from(secret)).update(body).digest('base64');
}

/**
 * The header `webhook-signature`: `v1,` and base64 of the HMAC-SHA256 of `id.timestamp.body`. The key is the decoded base64 after
 * `whsec_`. A secret without that prefix is used in UTF-8.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function webhookSignature(secret: string, signed: SignedContent): string {
  const { id, timestamp, body } = signed;
  const hmac = createHmac('sha256', standardKey(secret)).update(`${id}.${timestamp}.`).update(body);
  return `v1,${hmac.digest('base64')}`;
}

export interface SignedContent {
  readonly id: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly body: string | Uint8Array;
}

function standardKey(secret: string): Buffer {
  return secret.startsWith(STANDARD_PREFIX)
    ? Buffer.from(secret.slice(STANDARD_PREFIX.length), 'base64')
    : Buffer.from(secret);
}
