import { SlowOrigins } from '../../../lib/delivery/origins/slow-origins';

describe('SlowOrigins', () => {
  it('An origin is slow for ten minutes after a time-out, or until it answers', () => {
    const clock = { now: 0 };
    const slow = new SlowOrigins(() => clock.now);
    for (const origin of ['a', 'b', 'c']) slow.add(origin);
    expect(slow.delete('b')).toBe(true);
    expect(slow.delete('b')).toBe(false);
    clock.now = 300_000;
    slow.add('c');
    clock.now = 600_000;
    expect(['a', 'b', 'c'].map((origin) => slow.has(origin))).toEqual([false, false, true]);
  });

  it('SlowOrigins remembers the latest 10,000 origins', () => {
    const slow = new SlowOrigins();
    for (let n = 0; n < 10_001; n += 1) slow.add(`origin ${n}`);
    expect([slow.has('origin 0'), slow.has('origin 1')]).toEqual([false, true]);
  });
});
