import { timingSafeEqual } from 'node:crypto';
import { types } from 'node:util';
import { OptionInvalidError } from '../errors/option-errors';
import { VerificationError } from '../errors/receiver-errors';
import { checkArgument, checkedOptions } from '../options/checked';
import { FUNCTION, numberFrom, type Rule, type Shape } from '../options/rules';
import { secretProblem } from '../signing/secret';
import { unusable, webhookSignature } from '../signing/signature';
import { headerOf, type ReceivedHeaders } from './received-headers';

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
 * A request whose signature is right. `id`, `timestamp` and the body are signed. `event`, `attempt` and `isTest` are headers, which a
 * proxy could have changed.
 */
export interface Verified {
  /** `webhook-id`: the same in every attempt of one delivery. */
  readonly id: string;
  /** When this attempt was signed. */
  readonly timestamp: Date;
  /** `Hook-Event`; null if the sender leaves it out. */
  readonly event: string | null;
  /** `Hook-Attempt`, from 1. */
  readonly attempt: number | null;
  /** Whether `hooks.listeners.test` sent it: its values are samples. */
  readonly isTest: boolean;
}

/**
 * Checks that a request was signed recently with the secret, or with one of several: `webhook-signature` as Standard Webhooks defines
 * it. `rawBody` is the body as received, before anything parsed it. Throws `SIGNATURE_INVALID` (a `VerificationError` with the `reason`),
 * and `OPTION_INVALID` for an unusable secret or option.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 *
 * @example
 * const { id, event } = verify(request.headers, await request.text(), secretOfListener);
 */
export function verify(
  headers: ReceivedHeaders,
  rawBody: string | Uint8Array,
  secret: string | readonly string[],
  options: VerifyOptions = {},
): Verified {
  const { toleranceMs, now } = { ...VERIFY_DEFAULTS, ...checkedOptions(options, VERIFY_SHAPE) };
  checkArgument('headers', headers, HEADERS);
  const secrets = secretsOf(secret);
  const body = raw(rawBody);
  const id = required(headers, 'webhook-id');
  const timestamp = secondsOf(required(headers, 'webhook-timestamp'));
  const signatures = required(headers, 'webhook-signature');
  checkAge(now() - timestamp * 1_000, toleranceMs);
  checkSignature(
    signatures,
    secrets.map((one) => webhookSignature(one, { id, timestamp, body })),
  );
  return {
    id,
    timestamp: new Date(timestamp * 1_000),
    event: eventOf(headerOf(headers, 'hook-event')),
    attempt: attemptOf(headerOf(headers, 'hook-attempt')),
    isTest: headerOf(headers, 'hook-test') === '1',
  };
}

/** An unset variable or a masked copy in place of the secret must not make anybody's signature acceptable. */
function secretsOf(secret: string | readonly string[]): readonly string[] {
  const secrets: readonly unknown[] = Array.isArray(secret) ? secret : [secret];
  if (secrets.length === 0)
    throw new OptionInvalidError('secret', 'the secret of the listener, or a list of secrets');
  return secrets.map((one) => {
    if (typeof one !== 'string' || secretProblem(one) !== null) throw unusable(one);
    return one;
  });
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
function checkSignature(header: string, expected: readonly string[]): void {
  const given = header.split(' ').filter((one) => one.startsWith('v1,'));
  let isSigned = false;
  for (const one of expected) for (const other of given) if (isSame(one, other)) isSigned = true;
  if (isSigned) return;
  throw new VerificationError(
    'signature-mismatch',
    'No signature in webhook-signature is valid for this body and secret: the body must be the raw bytes as received, ' +
      'and the secret must be that of this listener, including the prefix whsec_.',
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
