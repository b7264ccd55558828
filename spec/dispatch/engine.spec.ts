import type { OutcomeRecord } from '../../lib/delivery/chunk/outcome-record';
import { DeliveryEngine } from '../../lib/dispatch/engine';
import { type DueResult, type PlanResult } from '../../lib/dispatch/work';
import { until } from '../support/application/waiting';

const PLANNED: PlanResult = {
  planned: 0,
  hasMore: false,
  hasDue: false,
  hasUnheld: false,
  isDispatched: true,
};
const NOTHING_DUE: DueResult = { isClaimed: false, nextMs: null };

const running: DeliveryEngine[] = [];

afterEach(async () => {
  for (const engine of running.splice(0)) await engine.stop(0);
});

describe('DeliveryEngine', () => {
  it('The engine does nothing before it is started', async () => {
    const { engine, steps } = newEngine();
    engine.committed();
    await engine.settle();
    expect(steps).toEqual([]);
    expect(engine.isRunning).toBe(false);
  });

  it('The engine plans, claims due deliveries and takes unheld chunks when it starts', async () => {
    const { engine, steps, carrier, work } = newEngine();
    await start(engine);
    expect(carrier.start).toHaveBeenCalledWith(work);
    expect(steps).toEqual(expect.arrayContaining(['mend', 'plan', 'claimDue', 'claimUnheld']));
  });

  it('The engine only plans when a transaction has committed', async () => {
    const { engine, steps } = await started();
    engine.committed();
    await engine.settle();
    expect(new Set(steps)).toEqual(new Set(['plan']));
  });

  it('The engine plans again while a plan leaves events', async () => {
    const { engine, steps, work } = await started();
    work.plan
      .mockResolvedValueOnce({ ...PLANNED, hasMore: true })
      .mockResolvedValueOnce({ ...PLANNED, hasMore: true });
    await engine.settle();
    expect(work.plan).toHaveBeenCalledTimes(3);
    expect(steps).not.toContain('claimDue');
  });

  it('The engine claims what a plan has stored for later: deliveries in turn, and chunks without a lease', async () => {
    const { engine, steps, work } = await started();
    work.plan.mockResolvedValueOnce({ ...PLANNED, hasDue: true, hasUnheld: true });
    await engine.settle();
    expect(steps).toEqual(['claimDue', 'claimUnheld']);
  });

  it('The engine takes no chunk at once after the dispatcher threw', async () => {
    const { engine, steps, work } = await started();
    work.plan.mockResolvedValueOnce({ ...PLANNED, hasUnheld: true, isDispatched: false });
    await engine.settle();
    expect(steps).toEqual([]);
  });

  it('The engine gives each kind of work its turn while there is more of all', async () => {
    const { engine, order, work } = await started();
    const steps = order(3, { ...PLANNED, hasMore: true, hasDue: true, hasUnheld: true });
    await engine.settle();
    expect(steps.slice(0, 6)).toEqual(Array(2).fill(['plan', 'claimDue', 'claimUnheld']).flat());
    expect(work.plan).toHaveBeenCalledTimes(4);
  });

  it('The engine plans once more for a commit that comes during a plan', async () => {
    const { engine, work } = await started();
    work.plan.mockImplementationOnce(() => {
      engine.committed();
      return Promise.resolve(PLANNED);
    });
    await engine.settle();
    expect(work.plan).toHaveBeenCalledTimes(2);
  });

  it('The engine logs an error of a step, and goes on at the next commit', async () => {
    const { engine, logger, work } = await started();
    work.plan.mockRejectedValueOnce(new Error('no connection'));
    await engine.settle();
    expect(logger.error).toHaveBeenCalledTimes(1);
    expect(logger.error).toHaveBeenCalledWith(
      'Events could not be planned; the next sweep tries again.',
      expect.anything(),
    );
    await engine.settle();
    expect(work.plan).toHaveBeenCalledTimes(2);
  });

  it.each(['plan', 'claimDue', 'claimUnheld', 'sweep', 'mendTurns', 'prune'] as const)(
    'The engine does all other steps although %s fails',
    async (failing) => {
      const { engine, logger, work, housekeeping } = newEngine();
      const steps = { ...work, ...housekeeping };
      steps[failing].mockImplementation(
        (): Promise<never> => Promise.reject(new Error('no connection')),
      );
      await start(engine);
      for (const name of [
        'plan',
        'claimDue',
        'claimUnheld',
        'sweep',
        'mendTurns',
        'prune',
      ] as const)
        expect(steps[name]).toHaveBeenCalled();
      expect(logger.error).toHaveBeenCalled();
    },
  );

  it('The engine renews leases although its heartbeat fails', async () => {
    const { engine, carrier, housekeeping } = newEngine({ leaseMs: 30 });
    housekeeping.heartbeat.mockImplementation(() => Promise.reject(new Error('no connection')));
    await start(engine);
    await until('leases are renewed', () => carrier.renew.mock.calls.length > 1);
  });

  it('The engine claims due deliveries when their time has come, by its clock', async () => {
    const { engine, steps, clock } = await started();
    engine.due(60_000);
    await engine.settle();
    expect(steps).not.toContain('claimDue');
    clock.ms += 60_000;
    await engine.settle();
    expect(steps).toContain('claimDue');
  });

  it('The engine looks for the next due delivery after 100 ms at the earliest', async () => {
    const { engine, clock, work } = await started();
    work.claimDue.mockResolvedValueOnce({ isClaimed: false, nextMs: 1 });
    engine.due();
    await engine.settle();
    const calls = work.claimDue.mock.calls.length;
    clock.ms += 99;
    await engine.settle();
    expect(work.claimDue).toHaveBeenCalledTimes(calls);
    clock.ms += 1;
    await engine.settle();
    expect(work.claimDue).toHaveBeenCalledTimes(calls + 1);
  });

  it.each([
    { what: 'a retry', outcome: { kind: 'retrying', afterMs: 500, reason: '' }, afterMs: 500 },
    { what: 'the end of an ordered delivery', outcome: { kind: 'done' }, afterMs: 0 },
  ] as const)('The engine claims again after $what', async ({ outcome, afterMs }) => {
    const { engine, clock, work } = await started();
    const records = [{ outcome, ordered: true } as unknown as OutcomeRecord];
    engine.recorded(records, new Set(['lost']));
    expect(work.recorded).toHaveBeenCalledWith(records, new Set(['lost']));
    clock.ms += afterMs;
    await engine.settle();
    expect(work.claimDue).toHaveBeenCalled();
  });

  it('The engine claims nothing while there is no room', async () => {
    const { engine, carrier, work } = await started();
    let admit: () => void = () => undefined;
    carrier.hasRoom.mockReturnValueOnce(
      new Promise((resolve) => {
        admit = resolve;
      }),
    );
    const settled = engine.settle();
    await Promise.resolve();
    expect(engine.isBusy).toBe(true);
    expect(work.plan).not.toHaveBeenCalled();
    admit();
    await settled;
    expect(work.plan).toHaveBeenCalledTimes(1);
    expect(engine.isBusy).toBe(false);
  });

  it('The engine lets a step end before it stops the carrier, and then does nothing more', async () => {
    const { engine, carrier, work } = await started();
    const ended: string[] = [];
    work.plan.mockImplementationOnce(async () => {
      await new Promise(setImmediate);
      ended.push('plan');
      return { ...PLANNED, hasMore: true };
    });
    carrier.stop.mockImplementationOnce(() => {
      ended.push('stop');
      return Promise.resolve();
    });
    engine.committed();
    await new Promise(setImmediate);
    await engine.stop(7);
    expect(ended).toEqual(['plan', 'stop']);
    expect(carrier.close).toHaveBeenCalled();
    const leftMs: number = Reflect.get(carrier.stop.mock.calls[0] ?? [], 0);
    expect(leftMs).toBeLessThanOrEqual(7);
    await engine.settle();
    expect(work.plan).toHaveBeenCalledTimes(1);
  });

  it('The engine names the listeners that nothing is claimed for', async () => {
    const { engine } = await started();
    expect(engine.barred).toEqual(['barred']);
    expect(engine.inFlight).toBe(3);
  });
});

/** An engine whose steps are noted, and whose first sweep has ended. */
async function started() {
  const parts = newEngine();
  await start(parts.engine);
  parts.steps.splice(0);
  for (const step of [parts.work.plan, parts.work.claimDue, parts.work.claimUnheld])
    step.mockClear();
  // A plan that follows at once waits 10 ms for further commits.
  parts.clock.ms += 1_000;
  return parts;
}

async function start(engine: DeliveryEngine): Promise<void> {
  running.push(engine);
  await engine.start();
  do await new Promise(setImmediate);
  while (engine.isBusy);
}

function newEngine({ leaseMs = 3_600_000 } = {}) {
  const clock = { ms: Date.parse('2026-01-01') };
  const steps: string[] = [];
  const noted = <Result>(step: string, result: Result) =>
    jest.fn((): Promise<Result> => {
      steps.push(step);
      return Promise.resolve(result);
    });
  const work = {
    isAwaited: true,
    plan: noted('plan', PLANNED),
    sweep: jest.fn(() => Promise.resolve()),
    claimDue: noted<DueResult>('claimDue', NOTHING_DUE),
    claimUnheld: noted('claimUnheld', false),
    recorded: jest.fn(),
    deliver: jest.fn(),
  };
  const carrier = {
    inFlight: 3,
    restraints: new Map([
      ['barred', 0],
      ['slowed', 5],
    ]),
    start: jest.fn(() => Promise.resolve()),
    stop: jest.fn(() => Promise.resolve()),
    close: jest.fn(),
    renew: jest.fn(() => Promise.resolve()),
    hasRoom: jest.fn(() => Promise.resolve()),
    announceDue: jest.fn(),
  };
  const housekeeping = {
    mendTurns: noted('mend', undefined),
    prune: jest.fn(() => Promise.resolve()),
    heartbeat: jest.fn(() => Promise.resolve(new Date(0))),
  };
  const logger = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
  const engine = new DeliveryEngine(work, carrier, housekeeping, {
    sweepMs: 3_600_000,
    leaseMs,
    logger,
    now: () => clock.ms,
  });
  /** Each kind of work has more, for `rounds` plans. */
  const order = (rounds: number, result: PlanResult): readonly string[] => {
    const ordered: string[] = [];
    let left = rounds;
    work.plan.mockImplementation(() => {
      ordered.push('plan');
      left -= 1;
      return Promise.resolve(left >= 0 ? result : PLANNED);
    });
    work.claimDue.mockImplementation(() => {
      ordered.push('claimDue');
      return Promise.resolve(left > 0 ? { isClaimed: true } : NOTHING_DUE);
    });
    work.claimUnheld.mockImplementation(() => {
      ordered.push('claimUnheld');
      return Promise.resolve(left > 0);
    });
    return ordered;
  };
  return { engine, work, carrier, housekeeping, logger, clock, steps, order };
}
