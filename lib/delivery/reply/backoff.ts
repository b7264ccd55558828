import type { RetryOptions } from '../../options/delivery';

/** A hundred years. A time that is much later cannot be stored. */
const LONGEST_MS = 3_155_760_000_000;

/**
 * Delay before retry number `retry` (1 = the first), in milliseconds: `retryDelayMs · retryFactor^(retry−1)`,
 * at most `retryMaxDelayMs`, spread by ±`jitter` of itself.
 *
 * @see Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export function backoffMs(
  retry: number,
  options: Required<RetryOptions>,
  random = Math.random,
): number {
  const { retryDelayMs, retryFactor, retryMaxDelayMs, jitter } = options;
  // Bounded, because 0 · ∞ is NaN.
  const growth = Math.min(retryFactor ** (retry - 1), Number.MAX_VALUE);
  const delay = Math.min(retryDelayMs * growth, retryMaxDelayMs);
  return Math.min(Math.round(delay * (1 + jitter * (2 * random() - 1))), LONGEST_MS);
}
