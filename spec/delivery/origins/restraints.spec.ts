import { RestrainedListeners } from '../../../lib/delivery/origins/restraints';

function restrained(limits: Record<string, number | null> = {}) {
  const clock = { now: 0 };
  const listeners = new RestrainedListeners(
    { claimLimitOf: (origin) => limits[origin] ?? null },
    () => clock.now,
  );
  return { clock, limits, listeners };
}

describe('RestrainedListeners', () => {
  it('Listeners of an origin are restrained while the origin is held back', () => {
    const { listeners, limits } = restrained({ slow: 4, open: 0 });
    listeners.addOrigin('a', 'slow');
    listeners.addOrigin('b', 'open');
    listeners.addOrigin('c', 'well');
    expect([...listeners.restraints()]).toEqual([
      ['a', 4],
      ['b', 0],
    ]);
    limits.slow = null;
    expect([...listeners.restraints()]).toEqual([['b', 0]]);
    // Held back again, it is noted again by whoever finds out.
    limits.slow = 4;
    expect([...listeners.restraints()]).toEqual([['b', 0]]);
  });

  it('A paused listener is barred until its pause ends', () => {
    const { listeners, clock } = restrained();
    listeners.addPause('a', 1_000);
    listeners.addPause('b', 3_000);
    clock.now = 999;
    expect([...listeners.restraints().keys()]).toEqual(['a', 'b']);
    clock.now = 1_000;
    expect([...listeners.restraints()]).toEqual([['b', 0]]);
  });

  it('RestrainedListeners remembers the latest 10,000 listeners', () => {
    const { listeners } = restrained({ open: 0 });
    for (let n = 0; n < 10_001; n += 1) listeners.addOrigin(`listener ${n}`, 'open');
    const restraints = listeners.restraints();
    expect(restraints.size).toBe(10_000);
    expect(restraints.has('listener 0')).toBe(false);
    expect(restraints.has('listener 10000')).toBe(true);
  });
});
