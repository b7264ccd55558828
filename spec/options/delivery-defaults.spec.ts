import {
  ATTEMPT_DEFAULTS,
  attemptOptions,
  withoutUndefined,
} from '../../lib/options/delivery-defaults';

describe('attemptOptions', () => {
  it('The nearest option that is set wins, and the rest are defaults', () => {
    const general = { retries: 1, timeoutMs: 1_000, jitter: 0 };
    const listener = { retries: 0 };
    expect(attemptOptions(general, undefined, listener)).toEqual({
      ...ATTEMPT_DEFAULTS,
      retries: 0,
      timeoutMs: 1_000,
      jitter: 0,
    });
    expect(attemptOptions()).toEqual(ATTEMPT_DEFAULTS);
  });

  it('Options that do not belong to an attempt are left out', () => {
    const listener = { retries: 0, recipients: { deny: ['8.8.8.0/24'] } };
    expect(attemptOptions(listener)).toEqual({ ...ATTEMPT_DEFAULTS, retries: 0 });
  });

  it('An undefined option counts as not set', () => {
    const unset = { retries: undefined } as unknown as { retries: number };
    expect(attemptOptions({ retries: 3 }, unset).retries).toBe(3);
    expect(withoutUndefined({ ...unset, jitter: 0 })).toEqual({ jitter: 0 });
    expect(withoutUndefined(undefined)).toEqual({});
  });
});
