import fc from 'fast-check';
import { KnownTurns } from '../../../lib/delivery/record/known-turns';

function known() {
  const clock = { now: 0 };
  return { clock, turns: new KnownTurns(() => clock.now) };
}

describe('KnownTurns', () => {
  it('A known future turn covers what is due later', () => {
    const { turns, clock } = known();
    expect(turns.covers('a', 60_000)).toBe(false);
    turns.add('a', 60_000);
    expect([59_999, 60_000, 90_000].map((afterMs) => turns.covers('a', afterMs))).toEqual([
      false,
      true,
      true,
    ]);
    expect(turns.covers('b', 90_000)).toBe(false);
    clock.now = 59_001;
    expect(turns.covers('a', 90_000)).toBe(false);
  });

  it('A turn is covered only by a noted turn that is at least a second away', () => {
    const step = fc.record({ afterMs: fc.nat({ max: 10_000 }), passes: fc.nat({ max: 3_000 }) });
    fc.assert(
      fc.property(fc.array(step), fc.nat({ max: 20_000 }), (steps, afterMs) => {
        const { turns, clock } = known();
        const noted: number[] = [];
        for (const step of steps) {
          turns.add('a', step.afterMs);
          noted.push(clock.now + step.afterMs);
          clock.now += step.passes;
        }
        const helpful = noted.filter((at) => at >= clock.now + 1_000 && at <= clock.now + afterMs);
        if (turns.covers('a', afterMs)) expect(helpful).not.toEqual([]);
      }),
    );
  });
});
