import { afterWorking } from '../../lib/base/working-time';

/** When a call after 1,000 ms comes, if each timer is late by the next of these times. */
function calledAt(lateMs: readonly number[]): number {
  const clock = { now: 0 };
  const timers: { readonly run: () => void; readonly ms: number }[] = [];
  jest.spyOn(global, 'setTimeout').mockImplementation(((run: () => void, ms: number) => {
    timers.push({ run, ms });
    return timers.length;
  }) as unknown as typeof setTimeout);
  let called = -1;
  const now = () => clock.now;
  afterWorking(1_000, () => (called = clock.now), now);
  const late = [...lateMs];
  for (let timer = timers.shift(); timer; timer = timers.shift()) {
    clock.now += timer.ms + (late.shift() ?? 0);
    timer.run();
  }
  return called;
}

describe('afterWorking', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it.each([
    { late: [], at: 1_000 },
    { late: [50], at: 1_050 },
    { late: [400], at: 1_800 },
    { late: [5_000], at: 7_000 },
    { late: [400, 400], at: 2_600 },
    { late: [900, 900, 900], at: 4_700 },
  ])('A call comes after the time that was lost, once more ($late → $at)', ({ late, at }) => {
    expect(calledAt(late)).toBe(at);
  });

  it('A cancelled call does not come', async () => {
    let calls = 0;
    afterWorking(1, () => (calls += 1))();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(calls).toBe(0);
  });
});
