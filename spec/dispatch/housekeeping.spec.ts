import { hostname } from 'node:os';
import { Housekeeping } from '../../lib/dispatch/housekeeping';
import type { PrunedCounts } from '../../lib/dispatch/pruning';

const HALF_A_MINUTE_MS = 30_000;
const NOTHING: PrunedCounts = { deliveries: 0, events: 0 };

describe('Housekeeping', () => {
  it('Housekeeping starts to prune within a minute, and again half a minute after a run has ended', async () => {
    const { housekeeping, prune, clock } = newHousekeeping();
    housekeeping.prune();
    expect(prune).not.toHaveBeenCalled();
    for (const calls of [1, 2]) {
      clock.ms += HALF_A_MINUTE_MS;
      housekeeping.prune();
      housekeeping.prune();
      expect(prune).toHaveBeenCalledTimes(calls);
      await settled();
      housekeeping.prune();
      expect(prune).toHaveBeenCalledTimes(calls);
    }
  });

  it('Housekeeping starts no second run while one goes on, however long it takes', async () => {
    const { housekeeping, prune, clock } = newHousekeeping();
    let end: (counts: PrunedCounts) => void = () => undefined;
    prune.mockReturnValueOnce(new Promise((resolve) => (end = resolve)));
    for (let sweep = 0; sweep < 5; sweep += 1) {
      clock.ms += 10 * HALF_A_MINUTE_MS;
      housekeeping.prune();
    }
    expect(prune).toHaveBeenCalledTimes(1);
    end(NOTHING);
    await settled();
    clock.ms += HALF_A_MINUTE_MS;
    housekeeping.prune();
    expect(prune).toHaveBeenCalledTimes(2);
  });

  it('Housekeeping ends a run of pruning before it deletes the row of this process', async () => {
    const { housekeeping, prune, stop, processes, clock } = newHousekeeping();
    prune.mockReturnValueOnce(
      new Promise((resolve) => {
        stop.mockImplementation(() => {
          expect(processes.remove).not.toHaveBeenCalled();
          resolve(NOTHING);
        });
      }),
    );
    clock.ms += HALF_A_MINUTE_MS;
    housekeeping.prune();
    await housekeeping.goodbye();
    expect(stop).toHaveBeenCalledTimes(1);
    expect(processes.remove).toHaveBeenCalledTimes(1);
  });

  it('Housekeeping stores that this process is alive, and deletes its row at the end', async () => {
    const { housekeeping, processes } = newHousekeeping();
    expect(await housekeeping.heartbeat()).toEqual(new Date(0));
    expect(processes.heartbeat).toHaveBeenCalledWith({
      id: 'me',
      hostname: hostname(),
      pid: process.pid,
    });
    await housekeeping.goodbye();
    expect(processes.remove).toHaveBeenCalledWith('me');
  });

  it('Housekeeping mends heads and turns before it merges turns', async () => {
    const { housekeeping, steps } = newHousekeeping();
    await housekeeping.mendTurns();
    expect(steps).toEqual(['heads', 'turns', 'merge']);
  });
});

const settled = () => new Promise((resolve) => setImmediate(resolve));

function newHousekeeping() {
  const clock = { ms: 1_000 };
  const steps: string[] = [];
  const processes = {
    heartbeat: jest.fn(() => Promise.resolve(new Date(0))),
    remove: jest.fn(() => Promise.resolve()),
  };
  const step = <Result>(name: string, result: Result) => {
    steps.push(name);
    return Promise.resolve(result);
  };
  const mending = {
    heads: () => step('heads', { next: null, places: new Map(), added: 0 }),
    turns: () => step('turns', null),
    merge: () => step('merge', null),
  };
  const prune = jest.fn((): Promise<PrunedCounts> => Promise.resolve(NOTHING));
  const stop = jest.fn();
  const store = { processes, mending } as unknown as ConstructorParameters<typeof Housekeeping>[0];
  const pruning = { prune, stop };
  const housekeeping = new Housekeeping(store, { processId: 'me' }, pruning, () => clock.ms);
  return { housekeeping, prune, stop, processes, clock, steps };
}
