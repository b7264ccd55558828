import { DataSource } from 'typeorm';
import { Database } from '../../lib/store/database';
import { createDatabase, type Database as TestDatabase } from '../support/application/database';

let server: TestDatabase;
let dataSource: DataSource;
let database: Database;

beforeEach(async () => {
  server = await createDatabase();
  dataSource = await new DataSource({ type: 'postgres', url: server.url }).initialize();
  database = new Database(dataSource, 2);
  await dataSource.query('CREATE TABLE counter AS SELECT 0 AS n');
});

afterEach(async () => {
  await dataSource.destroy();
  await server.drop();
});

describe('Database.snapshot', () => {
  it('All statements of a snapshot see the snapshot of the first one', async () => {
    const seen = await database.snapshot(async (query) => {
      const before = await query('SELECT n FROM counter');
      await increment();
      return [before, await query('SELECT n FROM counter')];
    });
    expect(seen).toEqual([[{ n: 0 }], [{ n: 0 }]]);
    expect(await count()).toBe(1);
  });

  it('The work of a snapshot runs again on a newer snapshot after a serialisation failure', async () => {
    let runs = 0;
    const seen = await database.snapshot(async (query) => {
      runs += 1;
      const before = await query('SELECT n FROM counter');
      if (runs === 1) await increment();
      await query('UPDATE counter SET n = n + 10');
      return before;
    });
    expect(runs).toBe(2);
    expect(seen).toEqual([{ n: 1 }]);
    expect(await count()).toBe(11);
  });

  it('The work of a snapshot is given up after five failures', async () => {
    let runs = 0;
    const losing = database.snapshot(async (query) => {
      runs += 1;
      await query('SELECT n FROM counter');
      await increment();
      await query('UPDATE counter SET n = n + 10');
    });
    await expect(losing).rejects.toMatchObject({ code: '40001' });
    expect(runs).toBe(5);
    expect(await count()).toBe(5);
  });

  it('The work of a snapshot runs only once if another error occurs', async () => {
    let runs = 0;
    const failing = database.snapshot((query) => {
      runs += 1;
      return query('SELECT FROM nowhere');
    });
    await expect(failing).rejects.toThrow('nowhere');
    expect(runs).toBe(1);
  });
});

/** On a connection of its own. */
async function increment(): Promise<void> {
  await dataSource.query('UPDATE counter SET n = n + 1');
}

async function count(): Promise<number> {
  const [{ n }] = await dataSource.query('SELECT n FROM counter');
  return n;
}
