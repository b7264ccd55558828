import { LONGEST_TIMER_MS } from '../../lib/base/deadline';
import { DueTimer } from '../../lib/dispatch/due-timer';

describe('DueTimer', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('The timer wakes the engine when a delivery is due', () => {
    const { timer, engine } = newTimer();
    timer.in(500);
    jest.advanceTimersByTime(499);
    expect(engine.committed).not.toHaveBeenCalled();
    expect(timer.isDue).toBe(false);
    jest.advanceTimersByTime(1);
    expect(engine.committed).toHaveBeenCalledTimes(1);
    expect(timer.isDue).toBe(true);
  });

  it('The timer keeps the earliest time, in whichever order the times come', () => {
    const { timer, engine } = newTimer();
    for (const afterMs of [300, 100, 200]) timer.in(afterMs);
    jest.advanceTimersByTime(100);
    expect(engine.committed).toHaveBeenCalledTimes(1);
    jest.advanceTimersByTime(1_000);
    expect(engine.committed).toHaveBeenCalledTimes(1);
  });

  it('The timer forgets its time when it is reset', () => {
    const { timer, engine } = newTimer();
    timer.in(100);
    timer.reset();
    jest.advanceTimersByTime(1_000);
    expect(engine.committed).not.toHaveBeenCalled();
    expect(timer.isDue).toBe(false);
    timer.in(100);
    jest.advanceTimersByTime(100);
    expect(engine.committed).toHaveBeenCalledTimes(1);
  });

  it('The timer wakes the engine early for a time that is too far away for Node, instead of at once', () => {
    const { timer, engine } = newTimer();
    timer.in(LONGEST_TIMER_MS * 2);
    jest.advanceTimersByTime(LONGEST_TIMER_MS - 1);
    expect(engine.committed).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(engine.committed).toHaveBeenCalledTimes(1);
    expect(timer.isDue).toBe(false);
  });
});

function newTimer() {
  const engine = { committed: jest.fn() };
  return { engine, timer: new DueTimer(engine) };
}
