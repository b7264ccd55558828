import { v4 as uuidv4 } from 'uuid';
import { type JsonRecord, toJson } from '../base/json';
import { body as bodyOf } from '../delivery/request/body';
import { requestHeaders } from '../delivery/request/headers';
import { OptionInvalidError } from '../errors/option-errors';
import type { HookEvent } from '../hook/event';
import { defineHook } from '../hook/hook';
import { isOperation, OPERATIONS } from '../hook/operation';
import { headersProblem } from '../listener/saved/headers';
import { BODY_FORMATS, type BodyFormat } from '../options/body-format';
import { checkedOptions } from '../options/checked';
import {
  CONTENT_TYPES,
  type ContentType,
  DIGESTS,
  type Digest,
  SIGNATURE_KINDS,
  type SignatureKind,
} from '../options/listener';
import {
  ANYTHING,
  BOOLEAN,
  DATE,
  isOptions,
  listOf,
  OPTIONS,
  oneOf,
  optionsOf,
  type Rule,
  required,
  type Shape,
  TEXT,
  TEXT_OR_NULL,
  wholeNumberFrom,
} from '../options/rules';
import { KeyRing, type SigningKeys } from '../signing/key-ring';
import { secretProblem } from '../signing/secret';
import { unusable } from '../signing/signature';

/** The options of `signedRequest()`. */
export interface SignedRequestOptions {
  /** The secret that the receiver verifies with. */
  readonly secret: string;
  /** The event that the request is about, such as one of `captureEvents`. Left out: one of the event name `test`, without data. */
  readonly event?: Partial<HookEvent>;
  /** The body in place of that of the event: a text as it is, any other value as JSON. */
  readonly body?: unknown;
  /** When the request was signed. @defaultValue now */
  readonly at?: Date;
  /** How the body of the event is laid out. @defaultValue `'fields'` */
  readonly format?: BodyFormat;
  /** @defaultValue `'application/json'` */
  readonly contentType?: ContentType;
  /** Hash function of `Hook-HMAC`. @defaultValue `'sha256'` */
  readonly digest?: Digest;
  /** As the option of listeners. `'v1a'` and `'both'` need `signingKeys`. @defaultValue `'v1'` */
  readonly signature?: SignatureKind;
  /** The key pairs that sign by `v1a`, as the option of `attach`. @defaultValue none */
  readonly signingKeys?: SigningKeys;
  /** `Hook-Delivery`, a UUID. The same id again is a repeat. @defaultValue a random one */
  readonly deliveryId?: string;
  /** `Hook-Subscription`, a UUID. @defaultValue a random one */
  readonly listenerId?: string;
  /** Number of the attempt, from 1. @defaultValue `1` */
  readonly attempt?: number;
  /** A secret that the request is signed with, too, as during a rotation. @defaultValue none */
  readonly previousSecret?: string;
  /** Further headers, as a listener can have them. @defaultValue none */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether it is a test, as `hooks.listeners.test` sends it. @defaultValue `false` */
  readonly isTest?: boolean;
}

/** A request as this package sends it. */
export interface SignedRequest {
  readonly method: 'POST';
  /** With names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The raw body. */
  readonly body: string;
}

export const SIGNED_REQUEST_DEFAULTS = {
  format: 'fields',
  contentType: 'application/json',
  digest: 'sha256',
  signature: 'v1',
  attempt: 1,
  isTest: false,
} as const satisfies Partial<SignedRequestOptions>;

const VALUES: Rule = {
  accepts: (value) => isOptions(value) && toJson(value) !== null,
  expected: 'an object of values by name',
};

const VALUES_OR_NULL: Rule = {
  accepts: (value) => value === null || VALUES.accepts(value),
  expected: `${VALUES.expected}, or null`,
};

const HEADERS: Rule = {
  accepts: (value) => headersProblem(value) === null,
  expected: 'an object of texts by header name, as a listener can have them',
};

const EVENT_SHAPE: Shape<HookEvent> = {
  id: TEXT,
  hook: TEXT,
  name: TEXT,
  operation: {
    accepts: (value) => value === null || isOperation(value),
    expected: `one of ${OPERATIONS.join(', ')}, or null`,
    repeatsText: true,
  },
  ref: TEXT_OR_NULL,
  sender: TEXT_OR_NULL,
  headers: OPTIONS,
  context: VALUES_OR_NULL,
  occurredAt: DATE,
  dueAt: DATE,
  data: VALUES,
  previous: VALUES_OR_NULL,
  changed: listOf((one) => typeof one === 'string', 'a list of texts'),
  trace: ANYTHING,
};

const SHAPE: Shape<SignedRequestOptions> = {
  secret: required(TEXT),
  event: optionsOf(EVENT_SHAPE),
  body: ANYTHING,
  at: DATE,
  format: oneOf(...BODY_FORMATS),
  contentType: oneOf(...CONTENT_TYPES),
  digest: oneOf(...DIGESTS),
  signature: oneOf(...SIGNATURE_KINDS),
  signingKeys: OPTIONS,
  deliveryId: TEXT,
  listenerId: TEXT,
  attempt: wholeNumberFrom(1),
  previousSecret: TEXT,
  headers: HEADERS,
  isTest: BOOLEAN,
};

/**
 * Makes a request as this package sends it, signed at any time, for tests of a receiver. It is made by the code that makes the requests of
 * deliveries, so `verify` accepts it. Throws `OPTION_INVALID`.
 *
 * @example
 * const { headers, body } = signedRequest({
 *   secret: secretOfListener,
 *   event: { name: 'person.created', data: { name: 'Joe' } },
 *   at: new Date('2030-01-01T12:00:00Z'),
 * });
 * verify(headers, body, secretOfListener, { now: () => Date.parse('2030-01-01T12:00:10Z') });
 */
export function signedRequest(given: SignedRequestOptions): SignedRequest {
  const options = { ...SIGNED_REQUEST_DEFAULTS, ...checkedOptions(given, SHAPE) };
  const { secret, previousSecret = null, at = new Date(), contentType, digest } = options;
  for (const one of [secret, previousSecret])
    if (one !== null && secretProblem(one) !== null) throw unusable(one);
  const event = eventOf(options.event ?? {}, at);
  const body = options.body === undefined ? bodyOf(event, HOOK, options) : textOf(options.body);
  const { listenerId: id = uuidv4(), deliveryId = uuidv4(), attempt, isTest } = options;
  const { signature, headers = {} } = options;
  const listener = { id, contentType, digest, signature, headers, keyRing: keyRingOf(options) };
  const signed = { deliveryId, attempt, body, secret, previousSecret, now: at.getTime(), isTest };
  return { method: 'POST', headers: requestHeaders(event, listener, signed), body };
}

function keyRingOf(
  options: Pick<SignedRequestOptions, 'signature' | 'signingKeys'>,
): KeyRing | null {
  if (options.signature === 'v1') return null;
  const ring = new KeyRing(options.signingKeys);
  if (ring.isEmpty)
    throw new OptionInvalidError('signingKeys', 'the key pairs that sign, for this `signature`');
  return ring;
}

function textOf(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(toJson(body));
}

/** It has no fields, so paths with dots are nested as those of embedded columns are. */
const HOOK = defineHook('test', { provides: [] });

function eventOf(given: Partial<HookEvent>, at: Date): HookEvent {
  const data = jsonOf(given.data ?? {});
  return {
    id: uuidv4(),
    hook: HOOK.name,
    name: HOOK.name,
    operation: null,
    ref: null,
    sender: null,
    headers: {},
    occurredAt: at,
    changed: Object.keys(data),
    ...given,
    ...(given.context && { context: jsonOf(given.context) }),
    previous: given.previous == null ? null : jsonOf(given.previous),
    data,
  };
}

/** Values that need not have been stored, such as dates, as they are sent. */
function jsonOf(values: object): JsonRecord {
  return toJson(values) as JsonRecord;
}
