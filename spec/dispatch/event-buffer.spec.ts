import { EventBuffer } from '../../lib/dispatch/event-buffer';

/** A buffer with a clock that stands still, and the times at which it was flushed. */
function started(options = { flushFreq: 100, flushTimeoutMs: 2_000 }) {
  const clock = { now: 10_000 };
  const flushes: number[] = [];
  const buffer: EventBuffer = new EventBuffer(
    async () => {
      flushes.push(clock.now);
      buffer.noteFlush();
    },
    options,
    () => clock.now,
  );
  return { buffer, clock, flushes };
}

describe('EventBuffer.maybeFlush', () => {
  it('Every call of the given number flushes', async () => {
    const { buffer, flushes } = started({ flushFreq: 3, flushTimeoutMs: 2_000 });
    for (let n = 0; n < 7; n += 1) await buffer.maybeFlush();
    expect(flushes).toHaveLength(2);
  });

  it('The first call starts the clock, however old the buffer is', async () => {
    const { buffer, clock, flushes } = started();
    clock.now = 60_000;
    await buffer.maybeFlush();
    clock.now = 61_999;
    await buffer.maybeFlush();
    expect(flushes).toEqual([]);
    clock.now = 62_000;
    await buffer.maybeFlush();
    expect(flushes).toEqual([62_000]);
  });

  it('The time since the last flush counts after a flush', async () => {
    const { buffer, clock, flushes } = started();
    await buffer.maybeFlush();
    clock.now += 1_500;
    await buffer.flush();
    clock.now += 1_500;
    await buffer.maybeFlush();
    expect(flushes).toHaveLength(1);
    clock.now += 500;
    await buffer.maybeFlush();
    expect(flushes).toHaveLength(2);
  });
});
