import { createHmac } from 'node:crypto';
import { OptionInvalidError } from '../errors/option-errors';
import type { Digest } from '../options/listener';
import { secretProblem } from './secret';
import { type SigningKeys, signingKeys } from './signing-keys';

/**
 * The header `Hook-HMAC`: base64 of the HMAC of the exact body. The key is the secret as it was given, in UTF-8. Throws `OPTION_INVALID`
 * for an unusable secret.
 */
export function hookHmac(digest: Digest, secret: string, body: string | Uint8Array): string {
  return createHmac(digest, keysOf(secret).exact).update(body).digest('base64');
}

/**
 * The header `webhook-signature`: `v1,` and base64 of the HMAC-SHA256 of `id.timestamp.body`. The key is the decoded base64 after
 * `whsec_`. A secret without that prefix is used in UTF-8. Throws `OPTION_INVALID` for an unusable secret.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function webhookSignature(secret: string, signed: SignedContent): string {
  const { id, timestamp, body } = signed;
  const hmac = createHmac('sha256', keysOf(secret).standard)
    .update(`${id}.${timestamp}.`)
    .update(body);
  return `v1,${hmac.digest('base64')}`;
}

function keysOf(secret: string): SigningKeys {
  const keys = signingKeys(secret);
  if (keys === null) throw unusable(secret);
  return keys;
}

export interface SignedContent {
  readonly id: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly body: string | Uint8Array;
}

/** The refusal of a secret that anybody could sign with. It does not show the secret. */
export function unusable(secret: unknown): OptionInvalidError {
  const text = secretProblem(secret) ?? 'must be the secret of the listener';
  return new OptionInvalidError('secret', { option: 'secret', text });
}
