import { DataSource } from 'typeorm';
import { Database } from '../../lib/store/database';
import { LaterRows } from '../../lib/store/later-rows';
import { createDatabase, type Database as TestDatabase } from '../support/application/database';
import { startTransactionPooler } from '../support/processes/transaction-pooler';

let server: TestDatabase;
let dataSource: DataSource;
let database: Database;

beforeEach(async () => {
  server = await createDatabase();
  dataSource = await connected(server.url);
  database = new Database(dataSource, 2, LIMIT_MS);
  await dataSource.query('CREATE TABLE counter AS SELECT 0 AS n');
});

afterEach(async () => {
  await dataSource.destroy();
  await server.drop();
});

/** Time limit of a statement. */
const LIMIT_MS = 5_000;
const COUNT = 'SELECT n FROM public.counter';
const INCREMENT = 'UPDATE public.counter SET n = n + $1';

const connected = (url: string) =>
  new DataSource({ type: 'postgres', url, poolSize: 1 }).initialize();

/** The statements that the one connection of the pool has prepared. */
async function prepared(): Promise<readonly string[]> {
  const rows = await dataSource.query<{ statement: string }[]>(
    'SELECT statement FROM pg_prepared_statements',
  );
  return rows.map(({ statement }) => statement);
}

const counted = () => database.query<{ n: number }>(COUNT, [], 'frequent');

describe('frequent statements', () => {
  it('The server keeps a frequent statement, and no other', async () => {
    await database.query('SELECT 1 AS other');
    for (const _ of [1, 2, 3]) expect(await counted()).toEqual([{ n: 0 }]);
    const kept = await prepared();
    expect(kept.filter((sql) => sql === COUNT)).toEqual([COUNT]);
    expect(kept.some((sql) => sql.includes('other'))).toBe(false);
  });

  it('Nothing is kept with the option `unnamed`', async () => {
    const options = { statements: 'unnamed', synchronousCommit: false } as const;
    database = new Database(dataSource, 2, LIMIT_MS, options);
    expect(await counted()).toEqual([{ n: 0 }]);
    expect(await prepared()).toEqual([]);
  });

  /** What may happen to the statements of a connection between two uses. */
  const LOSSES = [
    ['another user of the connection discards them', 'DEALLOCATE ALL'],
    ['another user of the connection discards everything', 'DISCARD ALL'],
    ['a migration changes the type of a column', 'ALTER TABLE counter ALTER n TYPE bigint'],
  ] as const;

  it.each(LOSSES)('A frequent statement runs after %s', async (_, loss) => {
    await counted();
    await dataSource.query(loss);
    expect(Number((await counted())[0]?.n)).toBe(0);
    await database.transaction(async (query) => {
      await query(INCREMENT, [1], 'frequent');
    });
    expect(Number((await counted())[0]?.n)).toBe(1);
  });

  it('A statement that fails may be prepared or not, and runs in the next series', async () => {
    const failing = database.transaction(async (query) => {
      await query('SELECT 1 / $1::int', [0], 'frequent');
    });
    await expect(failing).rejects.toMatchObject({ code: '22012' });
    const divided = await database.query('SELECT 1 / $1::int AS n', [1], 'frequent');
    expect(divided).toEqual([{ n: 1 }]);
    const again = await database.query('SELECT 1 / $1::int', [1], 'frequent');
    expect(again).toHaveLength(1);
  });

  it('Each statement runs once behind a pooler that gives each transaction another connection', async () => {
    const pooler = await startTransactionPooler(server.url);
    const pooled = await new DataSource({
      type: 'postgres',
      url: pooler.url,
      poolSize: 4,
    }).initialize();
    const ours = new Database(pooled, 4, LIMIT_MS);
    // One at a time, and then two at once, so that connections of the server are exchanged.
    for (const _ of [1, 2, 3]) await ours.query(INCREMENT, [1], 'frequent');
    for (const _ of [1, 2, 3])
      await Promise.all([
        ours.query(INCREMENT, [1], 'frequent'),
        ours.query(COUNT, [], 'frequent'),
      ]);
    expect(await counted()).toEqual([{ n: 6 }]);
    await pooled.destroy();
    await pooler.stop();
  });
});

describe('deferred statements', () => {
  it('A deferred statement is sent with the next one, and before it', async () => {
    const seen = await database.transaction(async (query) => {
      expect(await query(INCREMENT, [1], 'deferred')).toEqual([]);
      return query(COUNT);
    });
    expect(seen).toEqual([{ n: 1 }]);
  });

  it('A deferred statement is sent with the COMMIT if no other follows', async () => {
    await database.snapshot(async (query) => {
      await query(INCREMENT, [2], 'deferred');
    });
    expect(await counted()).toEqual([{ n: 2 }]);
  });

  it('A deferred statement that fails undoes the transaction', async () => {
    const failing = database.transaction(async (query) => {
      await query(INCREMENT, [1]);
      await query('SELECT FROM nowhere', [], 'deferred');
    });
    await expect(failing).rejects.toThrow('nowhere');
    expect(await counted()).toEqual([{ n: 0 }]);
  });

  it('Later rows arrive with the next statement, or with the COMMIT', async () => {
    const [first, last] = [new LaterRows<{ n: number }>(), new LaterRows<{ n: number }>()];
    await database.snapshot(async (query) => {
      await query(COUNT, [], first);
      expect(first.arrived).toBeNull();
      await query(INCREMENT, [3]);
      expect(first.arrived?.rows).toEqual([{ n: 0 }]);
      await query(COUNT, [], last);
    });
    expect(last.arrived?.rows).toEqual([{ n: 3 }]);
  });
});

describe('synchronousCommit', () => {
  const SETTING = `SELECT current_setting('synchronous_commit') AS setting`;
  const CASES = [
    [false, 'off'],
    [true, 'on'],
  ] as const;

  it.each(CASES)(
    'A commit that may be repeated has, with %s, the setting %s',
    async (synchronousCommit, setting) => {
      database = new Database(dataSource, 2, LIMIT_MS, { statements: 'named', synchronousCommit });
      expect(await database.queryRepeatable(SETTING)).toEqual([{ setting }]);
      expect(await database.repeatableSnapshot((query) => query(SETTING))).toEqual([{ setting }]);
    },
  );

  it('All other commits wait for the disk', async () => {
    expect(await database.query(SETTING)).toEqual([{ setting: 'on' }]);
    expect(await database.transaction((query) => query(SETTING))).toEqual([{ setting: 'on' }]);
  });
});
