import { timingSafeEqual } from 'node:crypto';
import type { Digest } from '../../options/listener';
import { headerOf } from '../../receiver/received-headers';
import { secretProblem } from '../../signing/secret';
import { hookHmac, webhookSignature } from '../../signing/signature';

/** What a signature of ed25519 begins with. */
const BY_KEY_PAIR = 'v1a,';

export interface SignatureQuestion {
  readonly body: string;
  readonly secret: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly digest: Digest;
}

/** One header that signs the body. */
export interface CheckedPart {
  readonly header: 'webhook-signature' | 'hook-hmac';
  readonly given: string;
  readonly expected: string;
  readonly isRight: boolean;
}

export interface SignatureAnswer {
  /** Why the secret cannot be used. */
  readonly wrongSecret: string | null;
  readonly parts: readonly CheckedPart[];
  /** Age of the signed timestamp in seconds; null without one. */
  readonly ageSeconds: number | null;
}

/** Compares the signatures of a request with those that its body and a secret have. */
export function checkSignature(
  { body, secret, headers, digest }: SignatureQuestion,
  now = Date.now(),
): SignatureAnswer {
  const timestamp = Number(headerOf(headers, 'webhook-timestamp') ?? Number.NaN);
  const ageSeconds = Number.isFinite(timestamp) ? Math.round(now / 1_000 - timestamp) : null;
  const wrongSecret = secretProblem(secret);
  if (wrongSecret !== null) return { wrongSecret, parts: [], ageSeconds };
  const signature = bySecret(headerOf(headers, 'webhook-signature') ?? '');
  const hmac = headerOf(headers, 'hook-hmac');
  const signed = { id: headerOf(headers, 'webhook-id') ?? '', timestamp, body };
  return {
    wrongSecret,
    ageSeconds,
    parts: [
      ...(signature
        ? [part('webhook-signature', signature, webhookSignature(secret, signed))]
        : []),
      ...(hmac ? [part('hook-hmac', hmac, hookHmac(digest, secret, body))] : []),
    ],
  };
}

/** The signatures by secrets: a secret says nothing about those by key pairs. */
function bySecret(signatures: string): string {
  const all = signatures.split(' ');
  return all.filter((one) => !one.startsWith(BY_KEY_PAIR)).join(' ');
}

/** During a rotation, the header holds one signature for each secret. */
function part(header: CheckedPart['header'], given: string, expected: string): CheckedPart {
  const isRight = given.split(' ').some((one) => isEqual(one, expected));
  return { header, given, expected, isRight };
}

function isEqual(one: string, other: string): boolean {
  const [first, second] = [Buffer.from(one), Buffer.from(other)];
  return first.length === second.length && timingSafeEqual(first, second);
}
