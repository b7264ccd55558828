import { hostname } from 'node:os';
import { Housekeeping } from '../../lib/dispatch/housekeeping';

const MINUTE_MS = 60_000;

describe('Housekeeping', () => {
  it('Housekeeping prunes once a minute', async () => {
    const { housekeeping, prune, clock } = newHousekeeping();
    await housekeeping.prune();
    expect(prune).not.toHaveBeenCalled();
    for (const calls of [1, 2]) {
      clock.ms += MINUTE_MS;
      await housekeeping.prune();
      await housekeeping.prune();
      expect(prune).toHaveBeenCalledTimes(calls);
    }
  });

  it('Housekeeping prunes at each call while there may be more', async () => {
    const { housekeeping, prune, clock } = newHousekeeping();
    clock.ms += MINUTE_MS;
    prune.mockResolvedValueOnce(true).mockResolvedValueOnce(true);
    for (let sweep = 0; sweep < 5; sweep += 1) await housekeeping.prune();
    expect(prune).toHaveBeenCalledTimes(3);
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

  it('Housekeeping mends turns before it merges them', async () => {
    const { housekeeping, steps } = newHousekeeping();
    await housekeeping.mendTurns();
    expect(steps).toEqual(['mend', 'merge']);
  });
});

function newHousekeeping() {
  const clock = { ms: 1_000 };
  const steps: string[] = [];
  const processes = {
    heartbeat: jest.fn(() => Promise.resolve(new Date(0))),
    remove: jest.fn(() => Promise.resolve()),
  };
  const turns = {
    mend: () => Promise.resolve(void steps.push('mend')),
    merge: () => Promise.resolve(void steps.push('merge')),
  };
  const prune = jest.fn(() => Promise.resolve(false));
  const store = { processes, turns } as unknown as ConstructorParameters<typeof Housekeeping>[0];
  const housekeeping = new Housekeeping(store, { processId: 'me' }, { prune }, () => clock.ms);
  return { housekeeping, prune, processes, clock, steps };
}
