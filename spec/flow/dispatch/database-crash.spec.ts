import { Client } from 'pg';
import { OwnPostgres } from '../../chaos/own-postgres';
import {
  type Application,
  newDataSource,
  startApplication,
} from '../../support/application/application';
import { until } from '../../support/application/waiting';
import { Person, person } from '../../support/entities/person';
import { type Receiver, startReceiver } from '../../support/receivers/receiver';

const PEOPLE = 40;
/** Nothing but what the specs do writes to the database, so that no other commit takes the lost ones to the disk. */
const ALONE = { sweepMs: 600_000, leaseMs: 600_000 } as const;

let postgres: OwnPostgres;
let receiver: Receiver;

beforeAll(async () => {
  postgres = await OwnPostgres.start();
  // A commit that does not wait for the disk is otherwise there after 0.6 s at the latest.
  await run(`ALTER SYSTEM SET wal_writer_delay = '10s'`);
  await run('ALTER SYSTEM SET autovacuum = off');
  await run('SELECT pg_reload_conf()');
  await prepareTables();
});

afterAll(() => postgres.stop());

beforeEach(async () => {
  receiver = await startReceiver();
  await run(
    'TRUNCATE model_hook_event, model_hook_chunk, model_hook_delivery, model_hook_listener CASCADE',
  );
});

afterEach(() => receiver.close());

describe('a crash of the database after events were delivered', () => {
  it('Outcomes that it undoes are repeated with the same ids, and no event is lost', async () => {
    const before = await delivering(false);
    await crash(before);
    expect(await statuses()).not.toEqual({ done: PEOPLE });
    // The plan may have survived: its lease holds for longer than this spec waits.
    await run('UPDATE model_hook_chunk SET lease_until = now()');
    const after = await start();
    await until('all outcomes are stored', async () => (await statuses()).done === PEOPLE);
    await after.stop();
    const ids = receiver.received.map(({ headers }) => headers['hook-delivery']);
    expect(ids.length).toBeGreaterThan(PEOPLE);
    expect(new Set(ids).size).toBe(PEOPLE);
  });

  it('No outcome is undone with synchronousCommit', async () => {
    const before = await delivering(true);
    await crash(before);
    expect(await statuses()).toEqual({ done: PEOPLE });
    const after = await start();
    await after.hooks.idle();
    await after.stop();
    expect(receiver.received).toHaveLength(PEOPLE);
  });
});

/** An application that has delivered all events, and whose outcomes the database has accepted. */
async function delivering(synchronousCommit: boolean): Promise<Application> {
  const application = await start(synchronousCommit);
  const { hooks, dataSource } = application;
  await hooks.for(Person).listener(receiver.url).save();
  let outcomes = 0;
  hooks.on('outcome', () => {
    outcomes += 1;
  });
  await dataSource.manager.save(Array.from({ length: PEOPLE }, (_, n) => person({ name: `${n}` })));
  await until('all outcomes are stored', () => outcomes === PEOPLE);
  return application;
}

/** The process of the application goes with the database, as far as its events are concerned. */
async function crash(application: Application): Promise<void> {
  await postgres.restart('immediate');
  await application.hooks.detach({ deadlineMs: 0 });
  await application.stop();
}

function start(synchronousCommit = false): Promise<Application> {
  const attach = { ...ALONE, synchronousCommit };
  return startApplication({ entities: [Person], url: postgres.url, attach });
}

async function statuses(): Promise<Record<string, number>> {
  const rows = await run(
    'SELECT status, count(*)::int AS n FROM model_hook_delivery GROUP BY status',
  );
  return Object.fromEntries(rows.map(({ status, n }) => [status, n]));
}

async function prepareTables(): Promise<void> {
  const dataSource = await newDataSource(postgres.url, { entities: [Person] }).initialize();
  await dataSource.runMigrations();
  await dataSource.synchronize();
  await dataSource.destroy();
}

async function run(sql: string): Promise<{ status: string; n: number }[]> {
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  const { rows } = await client.query(sql);
  await client.end();
  return rows;
}
