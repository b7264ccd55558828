import { timingSafeEqual } from 'node:crypto';
import { types } from 'node:util';
import { VerificationError } from '../errors/receiver-errors';
import { checkArgument, checkedOptions } from '../options/checked';
import { FUNCTION, numberFrom, type Rule, type Shape } from '../options/rules';
import { isSignedByKey, type SignedContent, webhookSignature } from '../signing/signature';
import { isKeySource, type KeySource } from './jwks';
import { type SortedKeys, sortedKeys, type VerifyKey, type VerifyKeys } from './keys';
import { headerOf, type ReceivedHeaders } from './received-headers';
import { receivedBody, type Verified, type VerifiedEvent } from './verified';

/** Options of `verify()`. */
export interface VerifyOptions {
  /** The largest difference between `webhook-timestamp` and now, in milliseconds. @defaultValue `300000` */
  readonly toleranceMs?: number;
  /** The clock, in milliseconds since 1970. @defaultValue `Date.now` */
  readonly now?: () => number;
}

export const VERIFY_DEFAULTS = {
  toleranceMs: 300_000,
  now: Date.now,
} as const satisfies Required<VerifyOptions>;

export const VERIFY_SHAPE: Shape<VerifyOptions> = {
  toleranceMs: numberFrom(0, Number.POSITIVE_INFINITY),
  now: FUNCTION,
};

const HEADERS: Rule = {
  accepts: (value) => typeof value === 'object' && value !== null,
  expected: 'the headers of the request',
};

/**
 * Checks that a request was signed recently, as Standard Webhooks defines it: `v1` with the secret, or `v1a` with the public key of the
 * sender (`whpk_…`). Of several keys, one must fit. `rawBody` is the body as received, before anything parsed it. Throws
 * `SIGNATURE_INVALID` (a `VerificationError` with the `reason`), and `OPTION_INVALID` for an unusable key or option. With keys from
 * `jwks()` it returns a promise, which also rejects with `KEYS_UNAVAILABLE`.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 *
 * @example
 * const { id, event } = verify(request.headers, await request.text(), secretOfListener);
 */
export function verify<Events = unknown>(
  headers: ReceivedHeaders,
  rawBody: string | Uint8Array,
  key: VerifyKey | readonly VerifyKey[],
  options?: VerifyOptions,
): VerifiedEvent<Events>;
export function verify<Events = unknown>(
  headers: ReceivedHeaders,
  rawBody: string | Uint8Array,
  key: VerifyKeys,
  options?: VerifyOptions,
): Promise<VerifiedEvent<Events>>;
export function verify(
  headers: ReceivedHeaders,
  rawBody: string | Uint8Array,
  key: VerifyKeys,
  options: VerifyOptions = {},
): Verified | Promise<Verified> {
  if ([key].flat().some(isKeySource)) return verifyLater(headers, rawBody, key, options);
  const request = readRequest(headers, rawBody, options);
  if (!isSigned(request, sortedKeys(key))) throw mismatch();
  return request.verified();
}

/** A request that is refused for another reason than its signature makes nobody ask for keys. */
async function verifyLater(
  headers: ReceivedHeaders,
  rawBody: string | Uint8Array,
  key: VerifyKeys,
  options: VerifyOptions,
): Promise<Verified> {
  const keys = sortedKeys(key);
  const request = readRequest(headers, rawBody, options);
  if (isSigned(request, keys)) return request.verified();
  if (request.asymmetric.length === 0) throw mismatch();
  const signers = await Promise.allSettled(keys.sources.map((one) => signsFor(one, request)));
  if (signers.some((one) => one.status === 'fulfilled' && one.value)) return request.verified();
  const failed = signers.find((one) => one.status === 'rejected');
  throw failed ? failed.reason : mismatch();
}

/** Whether a key of the source has signed the request. If no known one has, there may be a newer one. */
async function signsFor(source: KeySource, request: ReadRequest): Promise<boolean> {
  const known = await source.keys();
  if (isSigned(request, { secrets: [], publicKeys: known })) return true;
  const newer = await source.newerKeys(known);
  return newer !== null && isSigned(request, { secrets: [], publicKeys: newer });
}

/** A request whose signature has not been checked yet. */
interface ReadRequest {
  readonly content: SignedContent;
  /** Its signatures by secrets, `v1`. */
  readonly symmetric: readonly string[];
  /** Its signatures by key pairs, `v1a`. */
  readonly asymmetric: readonly string[];
  readonly verified: () => Verified;
}

/** The most signatures of one request that are checked with public keys, which takes long. A sender has a few keys. */
const MAX_ASYMMETRIC = 8;

/** Throws if the request cannot be valid, whatever its signature is. */
function readRequest(
  headers: ReceivedHeaders,
  rawBody: string | Uint8Array,
  options: VerifyOptions,
): ReadRequest {
  const { toleranceMs, now } = { ...VERIFY_DEFAULTS, ...checkedOptions(options, VERIFY_SHAPE) };
  checkArgument('headers', headers, HEADERS);
  const body = raw(rawBody);
  const id = required(headers, 'webhook-id');
  const timestamp = secondsOf(required(headers, 'webhook-timestamp'));
  const signatures = required(headers, 'webhook-signature').split(' ');
  checkAge(now() - timestamp * 1_000, toleranceMs);
  return {
    content: { id, timestamp, body },
    symmetric: signatures.filter((one) => one.startsWith('v1,')),
    asymmetric: signatures.filter((one) => one.startsWith('v1a,')).slice(0, MAX_ASYMMETRIC),
    verified: () => ({
      id,
      timestamp: new Date(timestamp * 1_000),
      event: eventOf(headerOf(headers, 'hook-event')),
      attempt: attemptOf(headerOf(headers, 'hook-attempt')),
      isTest: headerOf(headers, 'hook-test') === '1',
      ...receivedBody(body),
    }),
  };
}

/** A secret is compared with signatures `v1` only, and a public key with `v1a` only: a public key is no secret. */
function isSigned(
  { content, symmetric, asymmetric }: ReadRequest,
  { secrets, publicKeys }: Pick<SortedKeys, 'secrets' | 'publicKeys'>,
): boolean {
  const expected = secrets.map((secret) => webhookSignature(secret, content));
  return isAmong(symmetric, expected) || isSignedByKey(asymmetric, publicKeys, content);
}

function raw(body: unknown): string | Uint8Array {
  if (typeof body === 'string' || types.isUint8Array(body)) return body;
  throw new VerificationError(
    'body-not-raw',
    `The body must be the raw bytes as received, a string or a Uint8Array, not ${nameOf(body)}: read it before any parser ` +
      '(express.raw(), request.text()). A body that was parsed and serialised again can differ from the signed one.',
  );
}

function nameOf(body: unknown): string {
  if (body === null || typeof body !== 'object') return String(body);
  return `an ${body.constructor?.name ?? 'object'}`;
}

function required(headers: ReceivedHeaders, name: string): string {
  const value = headerOf(headers, name);
  if (value !== null) return value;
  throw new VerificationError(
    'header-missing',
    `The header ${name} is missing: pass all headers of the request, and check that no proxy removes them.`,
  );
}

/** Seconds since 1970, as they are signed: without sign, fraction or leading zero. */
function secondsOf(text: string): number {
  if (/^(0|[1-9]\d{0,11})$/.test(text)) return Number(text);
  throw new VerificationError(
    'timestamp-invalid',
    'The header webhook-timestamp is not a number of seconds since 1970.',
  );
}

function checkAge(ageMs: number, toleranceMs: number): void {
  if (Math.abs(ageMs) <= toleranceMs) return;
  const by = `${Math.abs(ageMs) / 1_000} s`;
  const hint = `at most ${toleranceMs / 1_000} s are allowed (toleranceMs); check the clock of this machine.`;
  if (ageMs > 0)
    throw new VerificationError('timestamp-too-old', `The request was signed ${by} ago; ${hint}`);
  throw new VerificationError(
    'timestamp-too-new',
    `The request was signed ${by} in the future; ${hint}`,
  );
}

/** Compares every pair, so that the duration does not reveal which one matched. */
function isAmong(given: readonly string[], expected: readonly string[]): boolean {
  let isFound = false;
  for (const one of expected) for (const other of given) if (isSame(one, other)) isFound = true;
  return isFound;
}

function mismatch(): VerificationError {
  return new VerificationError(
    'signature-mismatch',
    'No signature in webhook-signature is valid for this body and key: the body must be the raw bytes as received, and the key ' +
      'must be the secret of this listener, including the prefix whsec_, or the public key of the sender (whpk_).',
  );
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Characters that a header cannot carry were percent-encoded. */
function eventOf(text: string | null): string | null {
  try {
    return text && decodeURIComponent(text);
  } catch {
    return text;
  }
}

function attemptOf(text: string | null): number | null {
  return text !== null && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;
}
