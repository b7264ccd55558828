import fc from 'fast-check';
import type { Job } from '../../../lib/delivery/origins/lane';
import { type LaneLimits, Lanes } from '../../../lib/delivery/origins/lanes';

/** Jobs that end when they are told to, and what became of them. */
class Jobs {
  readonly started: string[] = [];
  readonly givenBack: string[] = [];
  readonly reasons: string[] = [];
  readonly #ends: { readonly origin: string; readonly end: () => void }[] = [];

  make(origin: string, name = origin): Job {
    return {
      origin,
      run: () => {
        this.started.push(name);
        return new Promise((resolve) => this.#ends.push({ origin, end: resolve }));
      },
      giveBack: (why) => {
        this.givenBack.push(name);
        this.reasons.push(why);
      },
    };
  }

  /** Of jobs that run. */
  get running(): readonly string[] {
    return this.#ends.map(({ origin }) => origin);
  }

  /** Ends one that runs, and waits until that was noticed. */
  async end(which: number): Promise<void> {
    const [ended] = this.#ends.splice(which % this.#ends.length, 1);
    ended?.end();
    await settled();
  }

  async endAll(): Promise<void> {
    while (this.#ends.length > 0) await this.end(0);
  }
}

/** After every callback of what was just resolved. */
const settled = (): Promise<void> =>
  new Promise((resolve) => process.nextTick(() => queueMicrotask(resolve)));

function lanesOf(maxConcurrency: number, maxConcurrencyPerOrigin: number) {
  const rooms: true[] = [];
  const limits = { maxConcurrency, maxConcurrencyPerOrigin };
  const lanes = new Lanes(limits, { due: () => rooms.push(true) });
  return { lanes, jobs: new Jobs(), rooms };
}

/** Ends a job after so long, so many times. */
async function endEvery(jobs: Jobs, ms: number, times: number): Promise<void> {
  for (let n = 0; n < times; n += 1) {
    jest.advanceTimersByTime(ms);
    await jobs.end(0);
  }
}

const count = (list: readonly string[], what: string): number =>
  list.filter((one) => one === what).length;

describe('Lanes', () => {
  afterEach(() => jest.useRealTimers());

  it('The lanes keep their limits, leave no place idle and run every job once', async () => {
    const origins = ['a', 'b', 'c', 'd'];
    const limits = fc.record({
      maxConcurrency: fc.integer({ min: 1, max: 8 }),
      maxConcurrencyPerOrigin: fc.integer({ min: 1, max: 4 }),
    });
    const step = fc.oneof(
      fc.record({ add: fc.constantFrom(...origins) }),
      fc.record({ end: fc.nat({ max: 7 }) }),
    );
    await fc.assert(
      fc.asyncProperty(limits, fc.array(step, { maxLength: 60 }), async (limits, steps) => {
        const [lanes, jobs] = [new Lanes(limits, { due: () => undefined }), new Jobs()];
        const waiting = new Waiting(limits, jobs);
        let added = 0;
        for (const step of steps) {
          if ('end' in step) await jobs.end(step.end);
          else lanes.add(jobs.make(step.add, `${step.add}${added++}`));
          if ('add' in step) waiting.add(step.add);
          waiting.check();
          expect(lanes.size).toBe(added - (jobs.started.length - jobs.running.length));
        }
        await jobs.endAll();
        await lanes.close('the process stops');
        expect(lanes.size).toBe(0);
        expect(new Set(jobs.started).size).toBe(added);
        expect([jobs.started.length, jobs.givenBack]).toEqual([added, []]);
      }),
    );
  });

  it('The jobs of one origin run in order', async () => {
    const { lanes, jobs } = lanesOf(4, 1);
    for (const name of ['a1', 'a2', 'a3']) lanes.add(jobs.make('a', name));
    await jobs.endAll();
    expect(jobs.started).toEqual(['a1', 'a2', 'a3']);
  });

  it('Origins take turns if all places are taken', async () => {
    const { lanes, jobs } = lanesOf(2, 2);
    for (let n = 0; n < 6; n += 1) lanes.add(jobs.make('a'));
    for (let n = 0; n < 6; n += 1) lanes.add(jobs.make('b'));
    for (let n = 0; n < 6; n += 1) await jobs.end(0);
    expect(count(jobs.started.slice(2), 'b')).toBe(3);
    await jobs.endAll();
  });

  it('An origin that hangs does not take places from other origins', async () => {
    const { lanes, jobs } = lanesOf(4, 2);
    for (let n = 0; n < 5; n += 1) lanes.add(jobs.make('slow'));
    for (let n = 0; n < 5; n += 1) lanes.add(jobs.make('fast'));
    expect(jobs.running).toEqual(['slow', 'slow', 'fast', 'fast']);
    for (let n = 0; n < 5; n += 1) await jobs.end(2);
    expect(count(jobs.started, 'fast')).toBe(5);
    expect(jobs.running).toEqual(['slow', 'slow']);
    await jobs.endAll();
  });

  it('Jobs that wait for an origin without answers are given back', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    const { lanes, jobs } = lanesOf(8, 2);
    for (const name of ['a1', 'a2', 'a3', 'a4']) lanes.add(jobs.make('a', name));
    lanes.add(jobs.make('b', 'b1'));
    jest.advanceTimersByTime(400);
    expect(jobs.givenBack).toEqual([]);
    expect(lanes.claimLimitOf('a') === 0).toBe(false);

    jest.advanceTimersByTime(300);
    expect(jobs.givenBack).toEqual(['a3', 'a4']);
    expect(lanes.claimLimitOf('a') === 0).toBe(true);
    expect(lanes.claimLimitOf('b')).toBeNull();
    expect(lanes.claimLimitOf('unknown')).toBeNull();
    lanes.add(jobs.make('a', 'a5'));
    expect(jobs.givenBack).toEqual(['a3', 'a4', 'a5']);

    await jobs.end(0);
    expect(lanes.claimLimitOf('a') === 0).toBe(false);
    lanes.add(jobs.make('a', 'a6'));
    expect(jobs.started).toEqual(['a1', 'a2', 'b1', 'a6']);
    await jobs.endAll();
    jest.advanceTimersByTime(100);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('Jobs of a slow origin that answers are not given back', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    const { lanes, jobs } = lanesOf(8, 1);
    for (let n = 0; n < 10; n += 1) lanes.add(jobs.make('a'));
    for (let n = 0; n < 10; n += 1) {
      jest.advanceTimersByTime(450);
      await jobs.end(0);
    }
    expect([jobs.started.length, jobs.givenBack]).toEqual([10, []]);
  });

  it('Jobs of an origin that cannot keep up are given back, and few new ones are accepted', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    const { lanes, jobs, rooms } = lanesOf(8, 2);
    for (let n = 0; n < 1_100; n += 1) lanes.add(jobs.make('a'));
    expect(lanes.claimLimitOf('a')).toBeNull();
    await endEvery(jobs, 450, 3);
    expect(count(jobs.givenBack, 'a')).toBeGreaterThan(1_000);
    expect(lanes.size).toBe(1);
    expect(lanes.claimLimitOf('a')).toBe(4);
    for (let n = 0; n < 6; n += 1) lanes.add(jobs.make('a', 'more'));
    expect(count(jobs.givenBack, 'more')).toBe(1);
    expect(lanes.claimLimitOf('a')).toBe(0);
    const before = rooms.length;
    await endEvery(jobs, 10, 4);
    expect(rooms.length).toBeGreaterThan(before);
    expect(lanes.claimLimitOf('a')).toBe(4);
    await jobs.endAll();
  });

  it('Origins that timed out recently share a quarter of the places', async () => {
    const { lanes, jobs } = lanesOf(8, 4);
    const slow = ['a', 'b', 'c'];
    for (const origin of slow) lanes.markTimedOut(origin);
    for (let n = 0; n < 4; n += 1) for (const origin of slow) lanes.add(jobs.make(origin));
    expect(jobs.running).toHaveLength(2);
    for (let n = 0; n < 6; n += 1) lanes.add(jobs.make('fast'));
    expect(count(jobs.running, 'fast')).toBe(4);
    lanes.markAnswered('a');
    await jobs.end(0);
    expect(count(jobs.running, 'a')).toBeGreaterThan(1);
    await jobs.endAll();
    expect(jobs.started).toHaveLength(18);
  });

  it('A time-out is forgotten after ten minutes', async () => {
    const clock = { now: 0 };
    const limits = { maxConcurrency: 8, maxConcurrencyPerOrigin: 4 };
    const lanes = new Lanes(limits, { due: () => undefined }, () => clock.now);
    const jobs = new Jobs();
    const runningOf = async (origin: string): Promise<number> => {
      for (let n = 0; n < 4; n += 1) lanes.add(jobs.make(origin));
      const running = count(jobs.running, origin);
      await jobs.endAll();
      return running;
    };
    for (const origin of ['a', 'b']) lanes.markTimedOut(origin);
    clock.now = 599_999;
    lanes.markTimedOut('b');
    expect(await runningOf('a')).toBe(2);
    clock.now = 600_000;
    expect([await runningOf('a'), await runningOf('b')]).toEqual([4, 2]);
  });

  it('An origin that times out counts as slow with all of its running jobs', async () => {
    const { lanes, jobs } = lanesOf(8, 4);
    for (let n = 0; n < 6; n += 1) lanes.add(jobs.make('a'));
    expect(count(jobs.running, 'a')).toBe(4);
    lanes.markTimedOut('a');
    await jobs.end(0);
    await jobs.end(0);
    expect(count(jobs.running, 'a')).toBe(2);
    await jobs.end(0);
    expect(count(jobs.running, 'a')).toBe(2);
    await jobs.endAll();
  });

  it('giveBack() returns the waiting jobs that fit, and no running ones', async () => {
    const { lanes, jobs } = lanesOf(2, 1);
    for (const name of ['a1', 'a2', 'a3']) lanes.add(jobs.make('a', name));
    for (const name of ['b1', 'b2']) lanes.add(jobs.make('b', name));
    lanes.giveBack('the process stops', ({ origin }) => origin === 'a');
    expect(jobs.givenBack).toEqual(['a2', 'a3']);
    expect(new Set(jobs.reasons)).toEqual(new Set(['the process stops']));
    lanes.giveBack('the process stops');
    expect(jobs.givenBack).toEqual(['a2', 'a3', 'b2']);
    expect(lanes.size).toBe(2);
    await jobs.endAll();
    expect(lanes.size).toBe(0);
  });

  it('close() waits for running jobs and gives back waiting and new ones', async () => {
    const { lanes, jobs } = lanesOf(1, 1);
    lanes.add(jobs.make('a', 'a1'));
    lanes.add(jobs.make('a', 'a2'));
    let isClosed = false;
    const closed = lanes.close('the process stops').then(() => {
      isClosed = true;
    });
    lanes.add(jobs.make('b', 'b1'));
    await settled();
    expect([jobs.started, jobs.givenBack, isClosed]).toEqual([['a1'], ['a2', 'b1'], false]);
    await jobs.endAll();
    await closed;
    await lanes.close('again');
  });
});

/** What waits, by the bounds alone: whoever could run does. */
class Waiting {
  readonly #added: string[] = [];

  constructor(
    private readonly limits: LaneLimits,
    private readonly jobs: Jobs,
  ) {}

  add(origin: string): void {
    this.#added.push(origin);
  }

  check(): void {
    const { maxConcurrency, maxConcurrencyPerOrigin } = this.limits;
    const { running, started } = this.jobs;
    expect(running.length).toBeLessThanOrEqual(maxConcurrency);
    for (const origin of new Set(this.#added)) {
      const own = count(running, origin);
      expect(own).toBeLessThanOrEqual(maxConcurrencyPerOrigin);
      const begun = started.filter((name) => name.startsWith(origin)).length;
      if (count(this.#added, origin) === begun) continue;
      expect(own === maxConcurrencyPerOrigin || running.length === maxConcurrency).toBe(true);
    }
  }
}
