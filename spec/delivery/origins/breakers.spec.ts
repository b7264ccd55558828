import { Breakers, type OriginSign } from '../../../lib/delivery/origins/breakers';
import { SharedOrigins } from './shared-origins';

const A = 'https://a.example';
/** Without jitter. */
const RANDOM = () => 0.5;

function processes(random = RANDOM) {
  const clock = { now: 1_000_000 };
  const origins = new SharedOrigins(clock);
  const warnings: string[] = [];
  const logger = { warn: (text: string) => warnings.push(text), error: () => undefined };
  const started = () => {
    const due: number[] = [];
    const wakeup = { due: (afterMs = 0) => due.push(afterMs) };
    const breakers = new Breakers({ origins, logger, wakeup }, () => clock.now, random);
    return { breakers, due };
  };
  return { clock, origins, warnings, started, ...started() };
}

async function record(breakers: Breakers, sign: OriginSign, times = 1): Promise<void> {
  for (let n = 0; n < times; n += 1) await breakers.record(A, sign);
}

describe('Breakers', () => {
  it.each<{ sign: OriginSign; below: number }>([
    { sign: 'failing', below: 19 },
    { sign: 'timedOut', below: 4 },
  ])('A breaker opens after failures in a row ($sign)', async ({ sign, below }) => {
    const { breakers, due } = processes();
    await record(breakers, sign, below);
    expect([breakers.openMs(A), breakers.claimLimitOf(A)]).toEqual([null, null]);
    expect(await breakers.mayTry(A)).toBe(true);
    await record(breakers, sign);
    expect([breakers.openMs(A), breakers.claimLimitOf(A)]).toEqual([2_000, 0]);
    expect(await breakers.mayTry(A)).toBe(false);
    expect(due).toEqual([2_000]);
    expect(breakers.openMs('https://b.example')).toBeNull();
  });

  it('An answer ends a row of failures', async () => {
    const { breakers } = processes();
    await record(breakers, 'failing', 19);
    await record(breakers, 'answered');
    await record(breakers, 'failing', 19);
    expect(breakers.openMs(A)).toBeNull();
  });

  it('Failures of requests that were in flight when a breaker opened are ignored', async () => {
    const { breakers, origins } = processes();
    await record(breakers, 'failing', 30);
    expect(origins.rows.get(A)?.opened).toBe(1);
    expect(breakers.openMs(A)).toBe(2_000);
  });

  it('One delivery is tried when the time of a breaker is over, and an answer closes it', async () => {
    const { breakers, clock, due, origins } = processes();
    await record(breakers, 'failing', 20);
    clock.now += 2_000;
    expect([breakers.openMs(A), breakers.claimLimitOf(A)]).toEqual([null, 1]);
    expect(breakers.admit(A)).toBe(true);
    expect([breakers.openMs(A), breakers.claimLimitOf(A)]).toEqual([1_000, 0]);
    expect(await breakers.mayTry(A)).toBe(true);
    expect(await breakers.mayTry(A)).toBe(false);
    await record(breakers, 'answered');
    breakers.leave(A);
    expect([breakers.openMs(A), breakers.claimLimitOf(A)]).toEqual([null, null]);
    expect(origins.rows.size).toBe(0);
    expect(due).toEqual([2_000, 0]);
  });

  it('A breaker opens for twice as long each time that a try fails, up to five minutes', async () => {
    const { breakers, clock } = processes();
    await record(breakers, 'failing', 20);
    const times: (number | null)[] = [];
    for (let n = 0; n < 9; n += 1) {
      const openMs = breakers.openMs(A);
      times.push(openMs);
      clock.now += openMs ?? 0;
      expect(await breakers.mayTry(A)).toBe(true);
      await record(breakers, 'failing');
    }
    expect(times).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 300].map((seconds) => seconds * 1_000));
  });

  it.each([
    { random: 0, openMs: 1_600 },
    { random: 1, openMs: 2_400 },
  ])('The time of a breaker is spread by a fifth (random $random)', async ({ random, openMs }) => {
    const { breakers } = processes(() => random);
    await record(breakers, 'failing', 20);
    expect(breakers.openMs(A)).toBe(openMs);
  });

  it('The next delivery is tried at once if an attempt says nothing', async () => {
    const { breakers, clock } = processes();
    await record(breakers, 'failing', 20);
    clock.now += 2_000;
    expect(await breakers.mayTry(A)).toBe(true);
    await breakers.record(A, null);
    expect(await breakers.mayTry(A)).toBe(true);
  });

  it('A closed breaker admits any number of deliveries', () => {
    const { breakers } = processes();
    expect([breakers.admit(A), breakers.admit(A), breakers.openMs(A)]).toEqual([
      false,
      false,
      null,
    ]);
  });

  it('One process tries an open breaker, and the others wait a second at a time', async () => {
    const { breakers: one, started, clock } = processes();
    const { breakers: other } = started();
    await record(one, 'failing', 20);
    clock.now += 2_000;
    await Promise.all([one.refresh(), other.refresh()]);
    expect(await one.mayTry(A)).toBe(true);
    expect(await other.mayTry(A)).toBe(false);
    expect(other.openMs(A)).toBe(1_000);
    await record(one, 'answered');
    clock.now += 1_000;
    expect(await other.mayTry(A)).toBe(true);
    expect(other.openMs(A)).toBeNull();
  });

  it('Another process tries when the one that tried has died', async () => {
    const { breakers: one, started, clock } = processes();
    const { breakers: other } = started();
    await record(one, 'failing', 20);
    clock.now += 2_000;
    await other.refresh();
    expect(await one.mayTry(A)).toBe(true);
    clock.now += 304_999;
    expect(await other.mayTry(A)).toBe(false);
    clock.now += 1_000;
    expect(await other.mayTry(A)).toBe(true);
  });

  it('The shared state is read once a second at most, also after the clock was set back', async () => {
    const { breakers, clock, origins } = processes();
    for (const passes of [0, 999, 1, -60_000, 500]) {
      clock.now += passes;
      await breakers.refresh();
    }
    expect(origins.asked).toEqual(['all', 'all', 'all']);
  });

  it('Deliveries are sent and judged while the shared state cannot be reached', async () => {
    const { breakers, origins, warnings } = processes();
    origins.failure = new Error('the database is down');
    await breakers.refresh();
    expect(await breakers.mayTry(A)).toBe(true);
    await record(breakers, 'failing', 20);
    expect(breakers.openMs(A)).toBe(1_000);
    await record(breakers, 'answered');
    expect(breakers.openMs(A)).toBeNull();
    expect(new Set(warnings)).toEqual(
      new Set(['The state of an origin could not be read or stored.']),
    );
  });
});
