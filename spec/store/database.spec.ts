import { types } from 'pg';
import { DataSource } from 'typeorm';
import { Database, type Query, runOn } from '../../lib/store/database';
import { createDatabase, type Database as TestDatabase } from '../support/application/database';
import { type FreezingProxy, startFreezingProxy } from '../support/processes/freezing-proxy';

let server: TestDatabase;
let proxy: FreezingProxy;
let dataSource: DataSource;
let database: Database;

/** Time limit of a statement. */
const LIMIT_MS = 1_000;

beforeEach(async () => {
  server = await createDatabase();
  proxy = await startFreezingProxy(server.url);
  dataSource = await newDataSource().initialize();
  database = new Database(dataSource, 2, LIMIT_MS);
  await dataSource.query('CREATE TABLE counter AS SELECT 0 AS n');
});

afterEach(async () => {
  await dataSource.destroy();
  await proxy.close();
  await server.drop();
});

const newDataSource = (extra: object = {}) =>
  new DataSource({ type: 'postgres', url: proxy.url, poolSize: 3, extra });

/** Three ways to run statements. */
const WAYS = [
  ['query', (work: Work) => work(database.query)],
  ['transaction', (work: Work) => database.transaction(work)],
  ['snapshot', (work: Work) => database.snapshot(work)],
] as const;

type Work = (query: Query) => Promise<unknown>;

describe('Database.snapshot', () => {
  it('All statements of a snapshot see the snapshot of the first one', async () => {
    const seen = await database.snapshot(async (query) => {
      const before = await query('SELECT n FROM public.counter');
      await increment();
      return [before, await query('SELECT n FROM public.counter')];
    });
    expect(seen).toEqual([[{ n: 0 }], [{ n: 0 }]]);
    expect(await count()).toBe(1);
  });

  it('The work of a snapshot runs again on a newer snapshot after a serialisation failure', async () => {
    let runs = 0;
    const seen = await database.snapshot(async (query) => {
      runs += 1;
      const before = await query('SELECT n FROM public.counter');
      if (runs === 1) await increment();
      await query('UPDATE public.counter SET n = n + 10');
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
      await query('SELECT n FROM public.counter');
      await increment();
      await query('UPDATE public.counter SET n = n + 10');
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

describe('values', () => {
  const ALL = `SELECT true AS bool, 1::int2 AS int2, 2::int4 AS int4, 9007199254740993::int8 AS int8, 0.1::float4 AS float4,
    1e300::float8 AS float8, 'NaN'::float8 AS nan, 1.50::numeric AS numeric, '{"a":1}'::json AS json, '[1]'::jsonb AS jsonb,
    '2026-01-31 10:00:00.123456+02'::timestamptz AS at, '{a,NULL,"b,c"}'::text[] AS texts, '{1,2}'::int8[] AS bigints,
    '{6a4e2e3c-0f0a-4f3e-9d0b-1f2e3d4c5b6a}'::uuid[] AS ids, '\\x00ff'::bytea AS bytes, 'x' AS text, NULL AS nothing`;

  const EXPECTED = {
    bool: true,
    int2: 1,
    int4: 2,
    int8: '9007199254740993',
    float4: 0.1,
    float8: 1e300,
    nan: Number.NaN,
    numeric: '1.50',
    json: { a: 1 },
    jsonb: [1],
    at: new Date('2026-01-31T08:00:00.123Z'),
    texts: ['a', null, 'b,c'],
    bigints: ['1', '2'],
    ids: ['6a4e2e3c-0f0a-4f3e-9d0b-1f2e3d4c5b6a'],
    bytes: Buffer.from([0, 255]),
    text: 'x',
    nothing: null,
  };

  /** Settings that an application may give its role, which all connections of it then have. */
  const ROLE_SETTINGS = [
    "DateStyle = 'German'",
    "DateStyle = 'SQL, DMY'",
    "TimeZone = 'Asia/Kathmandu'",
    "bytea_output = 'escape'",
    'extra_float_digits = -15',
    "search_path = ''",
    "default_transaction_isolation = 'serializable'",
    'default_transaction_read_only = on',
    'lock_timeout = 1',
    'enable_indexscan = off',
  ];

  describe.each(WAYS)('%s', (_, run) => {
    it.each(ROLE_SETTINGS)('Values are read alike under %s', async (setting) => {
      await dataSource.query(
        `ALTER DATABASE "${new URL(server.url).pathname.slice(1)}" SET ${setting}`,
      );
      await reconnect();
      expect(await run((query) => query(ALL))).toEqual([EXPECTED]);
    });

    it("A statement may take longer than the application's statement_timeout", async () => {
      await dataSource.query(
        `ALTER DATABASE "${new URL(server.url).pathname.slice(1)}" SET statement_timeout = 200`,
      );
      await reconnect();
      const rows = await run((query) => query('SELECT 1 AS n FROM pg_sleep(0.5)'));
      expect(rows).toEqual([{ n: 1 }]);
    });

    it('The parsers that the application sets for pg do not change values', async () => {
      await withParsers(
        () => `changed`,
        async () => {
          expect(await run((query) => query(ALL))).toEqual([EXPECTED]);
        },
      );
    });

    it('The settings of the next user of the connection are its own', async () => {
      const settings = `SELECT current_setting('DateStyle') AS style, current_setting('TimeZone') AS zone,
        current_setting('search_path') AS path, current_setting('enable_seqscan') AS scan,
        current_setting('statement_timeout') AS timeout, current_setting('transaction_isolation') AS isolation`;
      const before = await dataSource.query(settings);
      await run((query) => query(ALL));
      for (let n = 0; n < 4; n += 1) expect(await dataSource.query(settings)).toEqual(before);
    });
  });

  it.each([['a client of pg that sends ahead', { pipeline: true }]])(
    'Values are read alike through %s',
    async (_, extra) => {
      await reconnect(extra);
      for (const [, run] of WAYS) expect(await run((query) => query(ALL))).toEqual([EXPECTED]);
    },
  );

  it('Values are read alike in a transaction of the application, which keeps its settings', async () => {
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query("SET LOCAL DateStyle = 'German'; SET LOCAL TimeZone = 'Asia/Kathmandu'");
    try {
      const rows = await withParsers(
        () => 'changed',
        () => runOn(runner, ALL),
      );
      expect(rows).toEqual([EXPECTED]);
      expect(await runner.query("SELECT '2026-01-31 10:00+00'::timestamptz::text AS at")).toEqual([
        { at: '31.01.2026 15:45:00 +0545' },
      ]);
    } finally {
      await runner.rollbackTransaction();
      await runner.release();
    }
  });

  it.each([
    ['null', null, null],
    ['undefined', undefined, null],
    ['a text with quotes', `a"b'c\\d`, `a"b'c\\d`],
    ['a number', 1.5, '1.5'],
    ['a boolean', true, 'true'],
    ['a Date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['an object', { a: '"' }, '{"a":"\\""}'],
    ['a list', ['a', null, 'b"c\\', '', 'NULL', '{}'], '{a,NULL,"b\\"c\\\\","","NULL","{}"}'],
    ['a list of lists', [['1'], ['2']], '{{1},{2}}'],
  ])('A parameter that is %s arrives', async (name, value, text) => {
    const type = name.startsWith('a list') ? 'text[]' : 'text';
    const rows = await database.query(`SELECT $1::${type}::text AS text`, [value]);
    expect(rows).toEqual([{ text }]);
  });
});

describe('one lost reply', () => {
  describe.each(WAYS)('%s', (_, run) => {
    it('A statement whose reply never comes ends at its time limit, and the next one works', async () => {
      const frozen = proxy.freezeAt('marker one');
      const lost = run((query) => query('SELECT 1 /* marker one */'));
      await frozen;
      await expect(lost).rejects.toMatchObject({ code: 'STATEMENT_TIMEOUT', timeoutMs: LIMIT_MS });
      expect(await run((query) => query('SELECT 1 AS n'))).toEqual([{ n: 1 }]);
    });

    it('A statement that waits for a lock ends at its time limit', async () => {
      const holding = dataSource.createQueryRunner();
      await holding.startTransaction();
      await holding.query('LOCK TABLE counter');
      try {
        await expect(run((query) => query('SELECT n FROM public.counter'))).rejects.toMatchObject({
          code: 'STATEMENT_TIMEOUT',
        });
      } finally {
        await holding.rollbackTransaction();
        await holding.release();
      }
      expect(await run((query) => query('SELECT n FROM public.counter'))).toEqual([{ n: 0 }]);
    });

    it('A statement whose connection was ended by the server runs again on another', async () => {
      await run((query) => query('SELECT 1'));
      await killOthers();
      expect(await run((query) => query('SELECT 1 AS n'))).toEqual([{ n: 1 }]);
    });
  });

  it('All connections of the pool can be lost at once', async () => {
    await Promise.all([1, 2, 3].map(() => dataSource.query('SELECT pg_sleep(0.1)')));
    proxy.freeze();
    await expect(database.query('SELECT 1')).rejects.toMatchObject({ code: 'STATEMENT_TIMEOUT' });
    await expect(database.query('SELECT 1')).rejects.toMatchObject({ code: 'STATEMENT_TIMEOUT' });
    await expect(database.query('SELECT 1')).rejects.toMatchObject({ code: 'STATEMENT_TIMEOUT' });
    expect(await database.query('SELECT 1 AS n')).toEqual([{ n: 1 }]);
  });

  it('A COMMIT whose reply is lost is not run again', async () => {
    let runs = 0;
    const losing = database.transaction(async (query) => {
      runs += 1;
      await query('UPDATE public.counter SET n = n + 1');
      const [{ pid }] = (await query('SELECT pg_backend_pid() AS pid')) as [{ pid: number }];
      await dataSource.query('SELECT pg_terminate_backend($1)', [pid]);
    });
    await expect(losing).rejects.toThrow('lost during a COMMIT');
    expect([runs, await count()]).toEqual([1, 0]);
  });

  it('Statements in work are rejected when the connections are abandoned', async () => {
    const waiting = database.query('SELECT pg_sleep(60)');
    const rejected = expect(waiting).rejects.toThrow('given up');
    for (let n = 0; n < 3; n += 1) {
      await dataSource.query('SELECT pg_sleep(0.3)');
      database.abandon();
    }
    await rejected;
  });
});

describe('conflicts', () => {
  it('Single statements of two processes do not conflict where the application is serializable by default', async () => {
    await dataSource.query(
      `ALTER DATABASE "${new URL(server.url).pathname.slice(1)}" SET default_transaction_isolation = 'serializable'`,
    );
    await reconnect();
    const sums = Array.from({ length: 40 }, () =>
      database.query(
        'UPDATE public.counter SET n = n + (SELECT 1 + 0 * count(*) FROM public.counter)',
      ),
    );
    await Promise.all(sums);
    expect(await count()).toBe(40);
  });

  it('A transaction that was chosen to end a deadlock runs again', async () => {
    // PostgreSQL looks for deadlocks after a second.
    database = new Database(dataSource, 2, 10 * LIMIT_MS);
    await dataSource.query('CREATE TABLE pair AS SELECT n, 0 AS hits FROM generate_series(1, 2) n');
    const hit = (first: number, second: number) =>
      database.transaction(async (query) => {
        await query('UPDATE public.pair SET hits = hits + 1 WHERE n = $1', [first]);
        await query('SELECT pg_sleep(0.3)');
        await query('UPDATE public.pair SET hits = hits + 1 WHERE n = $1', [second]);
      });
    await Promise.all([hit(1, 2), hit(2, 1)]);
    expect(await dataSource.query('SELECT hits FROM pair ORDER BY n')).toEqual([
      { hits: 2 },
      { hits: 2 },
    ]);
  });
});

describe('the pool of the application', () => {
  it('A statement waits for a free connection longer than the pool does', async () => {
    await reconnect({ connectionTimeoutMillis: 100 }, 1);
    const holding = dataSource.createQueryRunner();
    await holding.connect();
    const waiting = database.query('SELECT 1 AS n');
    await new Promise((resolve) => setTimeout(resolve, 500));
    await holding.release();
    expect(await waiting).toEqual([{ n: 1 }]);
  });

  it('A statement for which no connection becomes free ends at its time limit', async () => {
    await reconnect({}, 1);
    const holding = dataSource.createQueryRunner();
    await holding.connect();
    await expect(database.query('SELECT 1')).rejects.toMatchObject({ code: 'STATEMENT_TIMEOUT' });
    await holding.release();
    expect(await database.query('SELECT 1 AS n')).toEqual([{ n: 1 }]);
  });

  it('Work that runs exclusively waits for our statements, and they wait for it', async () => {
    const order: string[] = [];
    const slow = database.query('SELECT pg_sleep(0.2)').then(() => order.push('before'));
    const alone = database.exclusively(async () => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      order.push('alone');
    });
    await new Promise(setImmediate);
    const later = database.query('SELECT 1').then(() => order.push('after'));
    await Promise.all([slow, alone, later]);
    expect(order).toEqual(['before', 'alone', 'after']);
  });
});

/** On a connection of its own. */
async function increment(): Promise<void> {
  await dataSource.query('UPDATE counter SET n = n + 1');
}

async function count(): Promise<number> {
  const [{ n }] = (await database.query('SELECT n FROM public.counter')) as [{ n: number }];
  return n;
}

async function reconnect(extra: object = {}, poolSize = 3): Promise<void> {
  await dataSource.destroy();
  dataSource = await newDataSource(extra).setOptions({ poolSize }).initialize();
  database = new Database(dataSource, 2, LIMIT_MS);
}

async function killOthers(): Promise<void> {
  await dataSource.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
  );
}

/** Runs `work` while all parsers of `pg` give something else. */
async function withParsers<T>(
  parser: (text: string) => unknown,
  work: () => Promise<T>,
): Promise<T> {
  const ids = [16, 17, 20, 21, 23, 114, 700, 701, 1009, 1016, 1184, 1700, 2951, 3802];
  const before = ids.map((id) => types.getTypeParser(id));
  for (const id of ids) types.setTypeParser(id, parser);
  try {
    return await work();
  } finally {
    for (const [n, id] of ids.entries()) types.setTypeParser(id, before[n] as never);
  }
}
