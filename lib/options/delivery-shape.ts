import { certificatesOf } from './certificates';
import type {
  AttemptOptions,
  DeliveryLimitOptions,
  DeliveryOptions,
  ListenerDeliveryOptions,
  RecipientOptions,
} from './delivery';
import { PROXY_EXPECTED, proxyOf } from './proxy';
import {
  ANYTHING,
  BOOLEAN,
  FUNCTION,
  isOptions,
  listOf,
  numberFrom,
  oneOf,
  optionsOf,
  type Rule,
  type Shape,
  wholeNumberFrom,
} from './rules';

export const ATTEMPT_SHAPE: Shape<AttemptOptions> = {
  timeoutMs: numberFrom(1, 300_000),
  maxResponseBytes: wholeNumberFrom(0, 16_777_216),
  maxPayloadBytes: wholeNumberFrom(1, 268_435_456),
  disableAfterMs: numberFrom(0, Number.MAX_SAFE_INTEGER),
  retries: wholeNumberFrom(0, 1_000),
  retryDelayMs: numberFrom(0, Number.MAX_SAFE_INTEGER),
  retryFactor: numberFrom(1, 100),
  retryMaxDelayMs: numberFrom(0, Number.MAX_SAFE_INTEGER),
  jitter: numberFrom(0, 1),
  recheck: BOOLEAN,
};

const LIMIT_SHAPE: Shape<DeliveryLimitOptions> = {
  timeoutMs: ATTEMPT_SHAPE.timeoutMs,
  retries: ATTEMPT_SHAPE.retries,
  retryDelayMs: ATTEMPT_SHAPE.retryDelayMs,
  maxResponseBytes: ATTEMPT_SHAPE.maxResponseBytes,
};

/** The CIDRs of a list are checked by the recipient policy, which reads them. */
const CIDRS = listOf(() => true, 'a list of CIDRs like "10.0.0.0/8"');

export const RECIPIENT_SHAPE: Shape<RecipientOptions> = {
  protocols: listOf(
    (value) => value === 'http' || value === 'https',
    "a list of 'http' and 'https'",
  ),
  ports: {
    accepts: (value) => value === 'any' || (Array.isArray(value) && value.every(isPort)),
    expected: "'any' or a list of port numbers",
    repeatsText: true,
  },
  blockInternal: BOOLEAN,
  allow: CIDRS,
  deny: CIDRS,
  validators: listOf((value) => typeof value === 'function', 'a list of functions'),
  lookup: FUNCTION,
};

const RECIPIENTS: Rule = {
  ...optionsOf(RECIPIENT_SHAPE),
  accepts: (value) => value === 'development' || isOptions(value),
  expected: "an object of options or 'development'",
};

const PROXY: Rule = {
  accepts: (value) => isReadable(() => proxyOf(value as string | null)),
  expected: PROXY_EXPECTED,
};

const CERTIFICATES: Rule = {
  accepts: (value) => isReadable(() => certificatesOf(value as string)),
  expected: 'certificates in PEM: text, a Buffer, or a list of them',
};

export const DELIVERY_SHAPE: Shape<DeliveryOptions> = {
  ...ATTEMPT_SHAPE,
  maxConcurrency: wholeNumberFrom(1),
  maxConcurrencyPerOrigin: wholeNumberFrom(1),
  keepAlive: BOOLEAN,
  payloadTooLarge: oneOf('truncate', 'throw'),
  proxy: PROXY,
  ca: CERTIFICATES,
  limits: optionsOf(LIMIT_SHAPE),
  recipients: RECIPIENTS,
};

/** What `recipients` holds is checked against the policy that it narrows. */
export const LISTENER_DELIVERY_SHAPE: Shape<ListenerDeliveryOptions> = {
  ...ATTEMPT_SHAPE,
  recipients: ANYTHING,
};

export function isPort(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) < 65_536;
}

function isReadable(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}
