import { createHmac, type KeyObject, sign, verify } from 'node:crypto';
import { base64Bytes } from '../base/base64';
import { OptionInvalidError } from '../errors/option-errors';
import type { Digest } from '../options/listener';
import { secretProblem } from './secret';
import { type SecretKeys, secretKeys } from './secret-keys';

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

/**
 * The signatures of `webhook-signature` by key pairs, in their order: `v1a,` and base64 of the ed25519 signature of `id.timestamp.body`.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function asymmetricSignatures(
  privateKeys: readonly KeyObject[],
  signed: SignedContent,
): readonly string[] {
  const content = signedBytes(signed);
  return privateKeys.map((key) => `v1a,${sign(null, content, key).toString('base64')}`);
}

/** Whether one of these texts, `v1a,` and base64, is a signature of the content by one of the keys. */
export function isSignedByKey(
  signatures: readonly string[],
  keys: readonly KeyObject[],
  signed: SignedContent,
): boolean {
  // The content is copied, and most requests have no such signature.
  if (signatures.length === 0 || keys.length === 0) return false;
  const content = signedBytes(signed);
  return signatures.some((signature) => {
    const bytes = signature.startsWith('v1a,') ? base64Bytes(signature.slice('v1a,'.length)) : null;
    return bytes?.length === 64 && keys.some((key) => verify(null, content, key, bytes));
  });
}

/** Ed25519 reads a message twice, so it cannot be given in parts. */
function signedBytes({ id, timestamp, body }: SignedContent): Buffer {
  const content = typeof body === 'string' ? Buffer.from(body) : body;
  return Buffer.concat([Buffer.from(`${id}.${timestamp}.`), content]);
}

function keysOf(secret: string): SecretKeys {
  const keys = secretKeys(secret);
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
