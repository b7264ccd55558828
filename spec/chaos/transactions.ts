import type { DataSource, EntityManager } from 'typeorm';
import { upTo } from '../support/values/random';
import type { Writer } from './writer';

/** Numbers of committed and rolled-back events of a transaction. */
export interface Written {
  readonly committed: number;
  readonly rolledBack: number;
}

type Transaction = (writer: Writer, dataSource: DataSource) => Promise<Written>;

/** Transactions of typical applications. One that is listed more often runs more often. */
export const TRANSACTIONS: readonly Transaction[] = [
  committed((writer, manager) => writer.create(manager)),
  committed((writer, manager) => writer.create(manager)),
  committed((writer, manager) => writer.create(manager, 2 + upTo(4, writer.random))),
  committed((writer, manager) => writer.change(manager)),
  committed((writer, manager) => writer.change(manager)),
  committed((writer, manager) => writer.remove(manager)),
  committed((writer, manager) => writer.ship(manager)),
  committed(
    async (writer, manager) => (await writer.change(manager)) + (await writer.ship(manager)),
  ),
  async (writer, { manager }) => ({
    committed: 0,
    rolledBack: await undone(manager, (inner) => writer.create(inner, 1 + upTo(3, writer.random))),
  }),
  async (writer, { manager }) => ({
    committed: 0,
    rolledBack: await undone(manager, async (outer) => {
      const before = await writer.change(outer);
      const released = await outer.transaction((inner) => writer.create(inner));
      return before + released + (await writer.ship(outer));
    }),
  }),
  async (writer, dataSource) =>
    dataSource.transaction(async (outer) => {
      const before = await writer.create(outer);
      const rolledBack = await undone(outer, async (inner) => {
        return (await writer.change(inner)) + (await writer.ship(inner));
      });
      return { committed: before + (await writer.create(outer)), rolledBack };
    }),
  async (writer, dataSource) =>
    dataSource.transaction(async (manager) => {
      const before = await writer.change(manager);
      await manager.query('SAVEPOINT raw_savepoint');
      const rolledBack = (await writer.create(manager)) + (await writer.remove(manager));
      await manager.query('ROLLBACK TO SAVEPOINT raw_savepoint');
      return { committed: before, rolledBack };
    }),
];

function committed(work: (writer: Writer, manager: EntityManager) => Promise<number>): Transaction {
  return async (writer, dataSource) => ({
    committed: await dataSource.transaction((manager) => work(writer, manager)),
    rolledBack: 0,
  });
}

class OnPurpose extends Error {}

/** Runs the work in a transaction, or in a savepoint of one, and rolls it back. */
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
