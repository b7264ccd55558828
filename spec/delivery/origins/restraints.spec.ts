import { HeldListeners } from '../../../lib/delivery/origins/restraints';

function held(quanta: Record<string, number | null> = {}) {
  const clock = { now: 0 };
  const listeners = new HeldListeners(
    (origin) => quanta[origin] ?? null,
    () => clock.now,
  );
  return { clock, quanta, listeners };
}

describe('HeldListeners', () => {
  it('Listeners of an origin are restrained while the origin is held back', () => {
    const { listeners, quanta } = held({ slow: 4, open: 0 });
    listeners.noteOrigin('a', 'slow');
    listeners.noteOrigin('b', 'open');
    listeners.noteOrigin('c', 'well');
    expect([...listeners.restraints()]).toEqual([
      ['a', 4],
      ['b', 0],
    ]);
    quanta.slow = null;
    expect([...listeners.restraints()]).toEqual([['b', 0]]);
    // Held back again, it is noted again by whoever finds out.
    quanta.slow = 4;
    expect([...listeners.restraints()]).toEqual([['b', 0]]);
  });

  it('A paused listener is barred until its pause ends', () => {
    const { listeners, clock } = held();
    listeners.notePause('a', 1_000);
    listeners.notePause('b', 3_000);
    clock.now = 999;
    expect([...listeners.restraints().keys()]).toEqual(['a', 'b']);
    clock.now = 1_000;
    expect([...listeners.restraints()]).toEqual([['b', 0]]);
  });

  it('HeldListeners remembers the latest 10,000 listeners', () => {
    const { listeners } = held({ open: 0 });
    for (let n = 0; n < 10_001; n += 1) listeners.noteOrigin(`listener ${n}`, 'open');
    const restraints = listeners.restraints();
    expect(restraints.size).toBe(10_000);
    expect(restraints.has('listener 0')).toBe(false);
    expect(restraints.has('listener 10000')).toBe(true);
  });
});
