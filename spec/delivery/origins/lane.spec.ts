import { type Job, Lane } from '../../../lib/delivery/origins/lane';

function laneOf(places: number) {
  const clock = { now: 0 };
  return { clock, lane: new Lane('https://a.example', places, false, () => clock.now) };
}

const job = (): Job => ({
  origin: 'https://a.example',
  run: () => Promise.resolve(),
  giveBack: () => undefined,
});

describe('Lane', () => {
  it('A full lane is stalled when no job has started or ended for half a second', () => {
    const { lane, clock } = laneOf(2);
    lane.countRunning(1);
    clock.now = 10_000;
    expect(lane.isStalled).toBe(false);
    lane.countRunning(1);
    clock.now += 500;
    expect([lane.isFull, lane.isStalled]).toEqual([true, false]);
    clock.now += 1;
    expect(lane.isStalled).toBe(true);
    lane.countRunning(-1);
    lane.countRunning(1);
    expect(lane.isStalled).toBe(false);
  });

  it('Jobs start in their order, and the lane knows how long the first one has waited', () => {
    const { lane, clock } = laneOf(1);
    const [first, second] = [job(), job()];
    expect(lane.waitedMs).toBe(0);
    lane.add(first);
    clock.now = 300;
    lane.add(second);
    clock.now = 1_000;
    expect([lane.waiting, lane.waitedMs]).toEqual([2, 1_000]);
    expect(lane.next()).toBe(first);
    expect(lane.waitedMs).toBe(700);
    expect(lane.next()).toBe(second);
    expect(lane.next()).toBeUndefined();
  });

  it('A lane is crowded for five seconds after jobs were removed from it', () => {
    const { lane, clock } = laneOf(3);
    const jobs = [job(), job(), job()];
    for (const one of jobs) lane.add(one);
    expect(lane.removeWaiting(() => false)).toEqual([]);
    expect(lane.isCrowded).toBe(false);
    expect(lane.removeWaiting((one) => one !== jobs[1])).toEqual([jobs[0], jobs[2]]);
    expect([lane.isCrowded, lane.waitingLimit, lane.waiting]).toEqual([true, 6, 1]);
    expect(lane.next()).toBe(jobs[1]);
    clock.now = 4_999;
    expect([lane.isCrowded, lane.isIdle]).toEqual([true, false]);
    clock.now = 5_000;
    expect([lane.isCrowded, lane.isIdle]).toEqual([false, true]);
  });
});
