import type { OptionProblem } from '../errors/option-errors';
import type { AttemptOptions, DeliveryLimitOptions, RetryOptions } from './delivery';
import { LIMIT_DEFAULTS, withoutUndefined } from './delivery-defaults';
import { ATTEMPT_SHAPE } from './delivery-shape';

export type DeliveryLimits = Required<DeliveryLimitOptions>;

/** The own options of a listener that are limited, each with the limit that bounds it. */
const LIMITED: Readonly<
  Partial<Record<keyof AttemptOptions, readonly [bound: 'most' | 'least', keyof DeliveryLimits]>>
> = {
  timeoutMs: ['most', 'timeoutMs'],
  retries: ['most', 'retries'],
  maxResponseBytes: ['most', 'maxResponseBytes'],
  retryDelayMs: ['least', 'retryDelayMs'],
  // A shorter longest delay would shorten every delay.
  retryMaxDelayMs: ['least', 'retryDelayMs'],
};

/** The limits of an attachment, overridden by those of a hook. */
export function limitsWith(
  general: DeliveryLimits = LIMIT_DEFAULTS,
  ofHook?: DeliveryLimitOptions,
): DeliveryLimits {
  return ofHook === undefined ? general : { ...general, ...withoutUndefined(ofHook) };
}

/** What a listener's own options ask for beyond the limits. */
export function limitProblems(
  own: AttemptOptions,
  limits: DeliveryLimits,
): readonly OptionProblem[] {
  return limitedNames().flatMap((name) => {
    const value = own[name];
    const [bound, limit] = LIMITED[name] ?? ['most', 'retries'];
    if (typeof value !== 'number' || bounded(value, bound, limits[limit]) === value) return [];
    const text = `must be at ${bound} ${limits[limit]} (delivery.limits.${limit}); got ${value}`;
    return [{ option: `delivery.${name}`, text }];
  });
}

/**
 * A listener's own options within the limits, as they apply to an attempt. They may have been stored when there were other limits. Values
 * that no listener can be saved with are left out.
 */
export function withinLimits(own: AttemptOptions, limits: DeliveryLimits): AttemptOptions {
  const valid = Object.entries(own).filter(
    ([name, value]) => Object.hasOwn(ATTEMPT_SHAPE, name) && ATTEMPT_RULES[name]?.accepts(value),
  );
  const options: Record<string, number | boolean> = Object.fromEntries(valid);
  for (const name of limitedNames()) {
    const value = options[name];
    const [bound, limit] = LIMITED[name] ?? ['most', 'retries'];
    if (typeof value === 'number') options[name] = bounded(value, bound, limits[limit]);
  }
  return options;
}

const DELAYS = ['retryDelayMs', 'retryFactor', 'retryMaxDelayMs', 'jitter'] as const;

/** The shortest delay between attempts for a listener that sets one itself; 0 if it sets none. `outer` are the options around its own. */
export function leastDelayMs(
  own: RetryOptions,
  { retryDelayMs, retryMaxDelayMs }: Required<RetryOptions>,
  limits: DeliveryLimits,
): number {
  const isOwn = DELAYS.some((name) => own[name] !== undefined);
  return isOwn ? Math.min(limits.retryDelayMs, retryDelayMs, retryMaxDelayMs) : 0;
}

const ATTEMPT_RULES: Readonly<Record<string, { accepts: (value: unknown) => boolean }>> =
  ATTEMPT_SHAPE;

function limitedNames(): readonly (keyof AttemptOptions)[] {
  return Object.keys(LIMITED) as (keyof AttemptOptions)[];
}

function bounded(value: number, bound: 'most' | 'least', limit: number): number {
  return bound === 'most' ? Math.min(value, limit) : Math.max(value, limit);
}
