import fc from 'fast-check';
import { backoffMs } from '../../lib/delivery/reply/backoff';
import type { AttemptOptions } from '../../lib/options/delivery';
import {
  ATTEMPT_DEFAULTS,
  attemptOptions,
  LIMIT_DEFAULTS,
} from '../../lib/options/delivery-defaults';
import {
  leastDelayMs,
  limitProblems,
  limitsWith,
  withinLimits,
} from '../../lib/options/delivery-limits';

describe('limitProblems', () => {
  it.each<{ own: AttemptOptions; option: string; limit: string }>([
    {
      own: { timeoutMs: 30_001 },
      option: 'timeoutMs',
      limit: 'at most 30000 (delivery.limits.timeoutMs); got 30001',
    },
    {
      own: { retries: 51 },
      option: 'retries',
      limit: 'at most 50 (delivery.limits.retries); got 51',
    },
    {
      own: { retryDelayMs: 999 },
      option: 'retryDelayMs',
      limit: 'at least 1000 (delivery.limits.retryDelayMs); got 999',
    },
    {
      own: { retryMaxDelayMs: 0 },
      option: 'retryMaxDelayMs',
      limit: 'at least 1000 (delivery.limits.retryDelayMs); got 0',
    },
    {
      own: { maxResponseBytes: 65_537 },
      option: 'maxResponseBytes',
      limit: 'at most 65536 (delivery.limits.maxResponseBytes); got 65537',
    },
  ])('The options $own name the limit of $option', ({ own, option, limit }) => {
    expect(limitProblems(own, LIMIT_DEFAULTS)).toEqual([
      { option: `delivery.${option}`, text: `must be ${limit}` },
    ]);
    expect(limitProblems(withinLimits(own, LIMIT_DEFAULTS), LIMIT_DEFAULTS)).toEqual([]);
  });

  it('Options at their limits, and the defaults, are accepted', () => {
    const { timeoutMs, retries, retryDelayMs, maxResponseBytes } = LIMIT_DEFAULTS;
    const own = { timeoutMs, retries, retryDelayMs, maxResponseBytes, jitter: 1, retryFactor: 1 };
    expect(limitProblems(own, LIMIT_DEFAULTS)).toEqual([]);
    expect(limitProblems(ATTEMPT_DEFAULTS, LIMIT_DEFAULTS)).toEqual([]);
  });

  it('The limits of a hook override those of the attachment', () => {
    const limits = limitsWith(LIMIT_DEFAULTS, { retries: 100 });
    expect(limits).toEqual({ ...LIMIT_DEFAULTS, retries: 100 });
    expect(limitProblems({ retries: 100 }, limits)).toEqual([]);
  });
});

describe('withinLimits', () => {
  it.each([
    {
      own: { retries: 1_000, retryDelayMs: 0, timeoutMs: 300_000 },
      held: { retries: 50, retryDelayMs: 1_000, timeoutMs: 30_000 },
    },
    { own: { retries: '7', retryDelayMs: Number.NaN, timeoutMs: null, jitter: 2 }, held: {} },
    {
      own: { retries: -1, typo: 1, recipients: {}, maxResponseBytes: 10 },
      held: { maxResponseBytes: 10 },
    },
    { own: [], held: {} },
  ])('The stored options $own apply as $held', ({ own, held }) => {
    expect(withinLimits(own as AttemptOptions, LIMIT_DEFAULTS)).toEqual(held);
  });

  it('No listener is sent to more often, for longer or with longer replies than the limits allow', () => {
    const any = fc.record(
      {
        retries: fc.oneof(fc.integer(), fc.string()),
        retryDelayMs: fc.oneof(fc.integer(), fc.double()),
        retryFactor: fc.double(),
        retryMaxDelayMs: fc.oneof(fc.integer(), fc.double()),
        jitter: fc.double(),
        timeoutMs: fc.oneof(fc.integer(), fc.double()),
        maxResponseBytes: fc.integer(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        any,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 50 }),
        (given, random, retry) => {
          const own = withinLimits(given as AttemptOptions, LIMIT_DEFAULTS);
          const options = attemptOptions(ATTEMPT_DEFAULTS, own);
          const least = leastDelayMs(own, ATTEMPT_DEFAULTS, LIMIT_DEFAULTS);
          expect(
            Math.max(
              backoffMs(retry, options, () => random),
              least,
            ),
          ).toBeGreaterThanOrEqual(1_000);
          expect(options.retries).toBeLessThanOrEqual(50);
          expect(options.timeoutMs).toBeLessThanOrEqual(30_000);
          expect(options.maxResponseBytes).toBeLessThanOrEqual(65_536);
        },
      ),
    );
  });
});

describe('leastDelayMs', () => {
  it.each([
    { own: {}, outer: {}, ms: 0 },
    { own: { retries: 3, timeoutMs: 5 }, outer: {}, ms: 0 },
    { own: { jitter: 1 }, outer: {}, ms: 1_000 },
    { own: { retryDelayMs: 1_000 }, outer: {}, ms: 1_000 },
    { own: { retryFactor: 1 }, outer: { retryDelayMs: 20 }, ms: 20 },
    { own: { jitter: 1 }, outer: { retryMaxDelayMs: 0 }, ms: 0 },
  ])('The least delay of $own within $outer is $ms ms', ({ own, outer, ms }) => {
    expect(leastDelayMs(own, { ...ATTEMPT_DEFAULTS, ...outer }, LIMIT_DEFAULTS)).toBe(ms);
  });
});
