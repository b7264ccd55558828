import type { DataSource, EntityManager } from 'typeorm';
import { upTo } from '../support/values/random';
import type { Pen } from './pen';

/** How many events a transaction made, and what became of them. */
export interface Told {
  readonly committed: number;
  readonly rolledBack: number;
}

type Story = (pen: Pen, dataSource: DataSource) => Promise<Told>;

/** Transactions as applications have them; one that is named more often is told more often. */
export const STORIES: readonly Story[] = [
  committed((pen, manager) => pen.create(manager)),
  committed((pen, manager) => pen.create(manager)),
  committed((pen, manager) => pen.create(manager, 2 + upTo(4, pen.random))),
  committed((pen, manager) => pen.change(manager)),
  committed((pen, manager) => pen.change(manager)),
  committed((pen, manager) => pen.remove(manager)),
  committed((pen, manager) => pen.ship(manager)),
  committed(async (pen, manager) => (await pen.change(manager)) + (await pen.ship(manager))),
  async (pen, { manager }) => ({
    committed: 0,
    rolledBack: await undone(manager, (inner) => pen.create(inner, 1 + upTo(3, pen.random))),
  }),
  async (pen, { manager }) => ({
    committed: 0,
    rolledBack: await undone(manager, async (outer) => {
      const before = await pen.change(outer);
      const released = await outer.transaction((inner) => pen.create(inner));
      return before + released + (await pen.ship(outer));
    }),
  }),
  async (pen, dataSource) =>
    dataSource.transaction(async (outer) => {
      const before = await pen.create(outer);
      const rolledBack = await undone(outer, async (inner) => {
        return (await pen.change(inner)) + (await pen.ship(inner));
      });
      return { committed: before + (await pen.create(outer)), rolledBack };
    }),
  async (pen, dataSource) =>
    dataSource.transaction(async (manager) => {
      const before = await pen.change(manager);
      await manager.query('SAVEPOINT of_ones_own');
      const rolledBack = (await pen.create(manager)) + (await pen.remove(manager));
      await manager.query('ROLLBACK TO SAVEPOINT of_ones_own');
      return { committed: before, rolledBack };
    }),
];

function committed(work: (pen: Pen, manager: EntityManager) => Promise<number>): Story {
  return async (pen, dataSource) => ({
    committed: await dataSource.transaction((manager) => work(pen, manager)),
    rolledBack: 0,
  });
}

class OnPurpose extends Error {}

/** Rolls back what it does: a transaction, or inside of one a savepoint. */
async function undone(
  manager: EntityManager,
  work: (manager: EntityManager) => Promise<number>,
): Promise<number> {
  let count = 0;
  const undoing = manager.transaction(async (inner) => {
    count = await work(inner);
    throw new OnPurpose();
  });
  await undoing.catch((error: unknown) => {
    if (!(error instanceof OnPurpose)) throw error;
  });
  return count;
}
