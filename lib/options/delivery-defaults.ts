import type {
  AttemptOptions,
  DeliveryLimitOptions,
  DeliveryOptions,
  RetryOptions,
} from './delivery';

export const RETRY_DEFAULTS = {
  retries: 12,
  retryDelayMs: 60_000,
  retryFactor: 2,
  retryMaxDelayMs: 36_000_000,
  jitter: 0.2,
} as const satisfies Required<RetryOptions>;

export const ATTEMPT_DEFAULTS = {
  ...RETRY_DEFAULTS,
  timeoutMs: 3_000,
  maxResponseBytes: 16_384,
  maxPayloadBytes: 1_048_576,
  disableAfterMs: 432_000_000,
  recheck: false,
} as const satisfies Required<AttemptOptions>;

export const LIMIT_DEFAULTS = {
  timeoutMs: 30_000,
  retries: 50,
  retryDelayMs: 1_000,
  maxResponseBytes: 65_536,
} as const satisfies Required<DeliveryLimitOptions>;

export const DELIVERY_DEFAULTS = {
  ...ATTEMPT_DEFAULTS,
  maxConcurrency: 256,
  maxConcurrencyPerOrigin: 32,
  keepAlive: true,
  payloadTooLarge: 'truncate',
  proxy: null,
  ca: [],
} as const satisfies Required<Omit<DeliveryOptions, 'recipients' | 'limits'>>;

/** The options of one attempt. Each option is taken from the last argument that sets it; other options are left out. */
export function attemptOptions(
  ...nearestLast: readonly (AttemptOptions | undefined)[]
): Required<AttemptOptions> {
  return nearestLast.reduce<Required<AttemptOptions>>(overridden, ATTEMPT_DEFAULTS);
}

function overridden(
  outer: Required<AttemptOptions>,
  nearer: AttemptOptions = {},
): Required<AttemptOptions> {
  return {
    retries: nearer.retries ?? outer.retries,
    retryDelayMs: nearer.retryDelayMs ?? outer.retryDelayMs,
    retryFactor: nearer.retryFactor ?? outer.retryFactor,
    retryMaxDelayMs: nearer.retryMaxDelayMs ?? outer.retryMaxDelayMs,
    jitter: nearer.jitter ?? outer.jitter,
    timeoutMs: nearer.timeoutMs ?? outer.timeoutMs,
    maxResponseBytes: nearer.maxResponseBytes ?? outer.maxResponseBytes,
    maxPayloadBytes: nearer.maxPayloadBytes ?? outer.maxPayloadBytes,
    disableAfterMs: nearer.disableAfterMs ?? outer.disableAfterMs,
    recheck: nearer.recheck ?? outer.recheck,
  };
}

/** The largest `data` of an event, in bytes, if larger ones are refused. Null if larger ones are sent without `data`. */
export function maxDataBytes(general: GeneralSizes, ofHook: SizeOptions = {}): number | null {
  const { payloadTooLarge, maxPayloadBytes } = { ...general, ...withoutUndefined(ofHook) };
  return payloadTooLarge === 'throw' ? maxPayloadBytes : null;
}

type SizeOptions = Pick<DeliveryOptions, 'payloadTooLarge' | 'maxPayloadBytes'>;

/** The options of an attachment about the size of events. */
export type GeneralSizes = Required<SizeOptions>;

/** The options without those that are `undefined`, which count as left out. */
export function withoutUndefined<T extends object>(options: T | undefined): Partial<T> {
  const set = Object.entries(options ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set) as Partial<T>;
}
