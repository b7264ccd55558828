import { Pruning } from '../../lib/dispatch/pruning';
import type { Store } from '../../lib/store/store';
import type { PruneStep } from '../../lib/store/upkeep';

const DAY_MS = 86_400_000;

describe('Pruning', () => {
  it('A run goes on until no old row is left, and says how many it deleted', async () => {
    const { pruning, table } = newPruning({ rows: 25_000 });
    expect(await pruning.prune()).toEqual({ deliveries: 25_000, events: 25_000 });
    expect(table.deliveries.rows).toBe(0);
  });

  it.each([
    { speed: 'fast', msOfRow: 0.001, largest: 4_000, smallest: 1_000 },
    { speed: 'slow', msOfRow: 1, largest: 1_000, smallest: 125 },
    { speed: 'very slow', msOfRow: 100, largest: 1_000, smallest: 100 },
  ])('Batches of a $speed database have a size that keeps each one short', async (given) => {
    const { pruning, table } = newPruning({ rows: 12_000, msOfRow: given.msOfRow });
    await pruning.prune();
    const limits = table.deliveries.steps.map(({ limit }) => limit);
    expect([Math.max(...limits), Math.min(...limits)]).toEqual([given.largest, given.smallest]);
  });

  it('The next run goes on behind rows that were kept, and begins again with them much later', async () => {
    const { pruning, table, clock } = newPruning({ rows: 3_000, kept: 3_000 });
    await pruning.prune();
    clock.ms += 10;
    table.events.rows += 10;
    await pruning.prune();
    expect(table.events.steps.at(-1)?.after.id).toBe('3000');
    clock.ms += DAY_MS;
    await pruning.prune();
    expect(table.events.steps.at(-1)?.after.at).toBe('-infinity');
  });

  it('A run that is stopped ends after its batch, and a later one deletes nothing', async () => {
    const { pruning, table } = newPruning({ rows: 25_000 });
    table.deliveries.stepped = () => pruning.stop();
    expect(await pruning.prune()).toEqual({ deliveries: 1_000, events: 0 });
    expect(await pruning.prune()).toEqual({ deliveries: 0, events: 0 });
  });

  it('An error of the database is logged, and the next run goes on', async () => {
    const { pruning, table, logger } = newPruning({ rows: 2_000 });
    const error = new Error('the database is away');
    table.deliveries.stepped = () => {
      table.deliveries.stepped = () => undefined;
      throw error;
    };
    await pruning.prune();
    expect(logger.error).toHaveBeenCalledTimes(1);
    await pruning.prune();
    expect([table.deliveries.rows, table.events.rows]).toEqual([0, 0]);
  });
});

/** Rows that steps delete from; the first `kept` ones stay. */
class Table {
  readonly steps: PruneStep[] = [];
  stepped = (): void => undefined;

  constructor(
    public rows: number,
    private readonly kept: number,
    private readonly passed: (rows: number) => void,
  ) {}

  step(step: PruneStep) {
    this.steps.push(step);
    this.stepped();
    const first = step.after.at === '-infinity' ? 0 : Number(step.after.id);
    const looked = Math.min(step.limit, this.rows - first);
    const deleted = Math.max(0, looked - Math.max(0, this.kept - first));
    this.rows -= deleted;
    this.passed(looked);
    const id = String(first + looked - deleted);
    return Promise.resolve({ deleted, last: { at: 'then', id }, isLast: looked < step.limit });
  }
}

function newPruning({ rows, kept = 0, msOfRow = 0.001 }: NewPruning) {
  const clock = { ms: 0 };
  const passed = (count: number) => {
    clock.ms += count * msOfRow;
  };
  const table = {
    deliveries: new Table(rows, kept, passed),
    events: new Table(rows, kept, passed),
  };
  const upkeep = {
    pruneDeliveries: (step: PruneStep) => table.deliveries.step(step),
    pruneEvents: (step: PruneStep) => table.events.step(step),
    pruneDynamicListeners: () => Promise.resolve(0),
    pruneProcesses: () => Promise.resolve(),
    pruneOriginsAndPaces: () => Promise.resolve(),
  };
  const logger = { debug: jest.fn(), error: jest.fn() };
  const pruning = new Pruning(
    { upkeep } as unknown as Pick<Store, 'upkeep'>,
    { eventsMs: DAY_MS, deliveriesMs: DAY_MS },
    { logger, now: () => clock.ms, pause: () => Promise.resolve() },
  );
  return { pruning, table, clock, logger };
}

interface NewPruning {
  readonly rows: number;
  readonly kept?: number;
  /** How long the database takes for a row. */
  readonly msOfRow?: number;
}
