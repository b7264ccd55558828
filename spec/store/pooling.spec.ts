import type { DataSource } from 'typeorm';
import { arePooledByTransaction } from '../../lib/store/pooling';
import { newDataSource } from '../support/application/application';
import { createDatabase, type Database } from '../support/application/database';
import {
  startTransactionPooler,
  type TransactionPooler,
} from '../support/processes/transaction-pooler';

let database: Database;
let pooler: TransactionPooler;

beforeAll(async () => {
  database = await createDatabase();
  pooler = await startTransactionPooler(database.url);
});
afterAll(async () => {
  await pooler.stop();
  await database.drop();
});

async function answer(url: string, poolSize: number): Promise<boolean> {
  const dataSource: DataSource = newDataSource(url, { entities: [], dataSource: { poolSize } });
  await dataSource.initialize();
  return arePooledByTransaction(dataSource).finally(() => dataSource.destroy());
}

describe('arePooledByTransaction', () => {
  it('A pooler that shares connections by transaction is noticed', async () => {
    expect(await answer(pooler.url, 2)).toBe(true);
  });

  it('A connection without a pooler is not taken for a shared one', async () => {
    expect(await answer(database.url, 2)).toBe(false);
  });

  it('A pool of one connection is not asked, because the question needs two', async () => {
    expect(await answer(pooler.url, 1)).toBe(false);
  });
});
