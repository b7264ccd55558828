import fc from 'fast-check';
import { backoffMs } from '../../../lib/delivery/reply/backoff';
import type { RetryOptions } from '../../../lib/options/delivery';
import { RETRY_DEFAULTS } from '../../../lib/options/delivery-defaults';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Whatever a listener may ask for. */
const options: fc.Arbitrary<Required<RetryOptions>> = fc.record({
  retries: fc.nat({ max: 1_000 }),
  retryDelayMs: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  retryFactor: fc.double({ min: 1, max: 100, noNaN: true }),
  retryMaxDelayMs: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
});
const retry = fc.integer({ min: 1, max: 1_000 });
const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('backoffMs', () => {
  it.each([
    { retry: 1, random: 0.5, ms: MINUTE_MS },
    { retry: 2, random: 0.5, ms: 2 * MINUTE_MS },
    { retry: 10, random: 0.5, ms: 512 * MINUTE_MS },
    { retry: 11, random: 0.5, ms: 10 * HOUR_MS },
    { retry: 12, random: 0.5, ms: 10 * HOUR_MS },
    { retry: 1, random: 0, ms: 48_000 },
    { retry: 1, random: 1, ms: 72_000 },
  ])(
    'The delay is $ms ms before retry $retry with the random number $random',
    ({ retry, random, ms }) => {
      expect(backoffMs(retry, RETRY_DEFAULTS, () => random)).toBe(ms);
    },
  );

  it('The default delays add up to about 37 hours', () => {
    const retries = Array.from({ length: RETRY_DEFAULTS.retries }, (_, n) => n + 1);
    const waits = retries.map((retry) => backoffMs(retry, RETRY_DEFAULTS, () => 0.5));
    const hours = waits.reduce((sum, ms) => sum + ms, 0) / HOUR_MS;
    expect(Math.round(hours)).toBe(37);
  });

  it('The delay never exceeds the longest delay and its jitter', () => {
    fc.assert(
      fc.property(retry, options, unit, (retry, options, random) => {
        const ms = backoffMs(retry, options, () => random);
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThanOrEqual(Math.round(options.retryMaxDelayMs * (1 + options.jitter)));
      }),
      { numRuns: 1_000 },
    );
  });

  it('Without jitter the delay never shrinks from one retry to the next', () => {
    fc.assert(
      fc.property(retry, options, (retry, options) => {
        const steady = { ...options, jitter: 0 };
        expect(backoffMs(retry + 1, steady)).toBeGreaterThanOrEqual(backoffMs(retry, steady));
      }),
      { numRuns: 1_000 },
    );
  });

  it('The jitter spreads equally in both directions', () => {
    fc.assert(
      fc.property(unit, (random) => {
        const options = { ...RETRY_DEFAULTS, jitter: 1 };
        const sum = backoffMs(3, options, () => random) + backoffMs(3, options, () => 1 - random);
        expect(Math.abs(sum - 8 * MINUTE_MS)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('The delay is 0 after any number of retries if `retryDelayMs` is 0', () => {
    expect(backoffMs(1_000, { ...RETRY_DEFAULTS, retryDelayMs: 0, retryFactor: 100 })).toBe(0);
  });
});
