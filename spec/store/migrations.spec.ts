import { DataSource } from 'typeorm';
import { ModelHooks, modelHookEntities, modelHookMigrations } from '../../lib';
import { TABLE_NAMES, tableName } from '../../lib/store/table-names';
import { specOptions } from '../support/application/application';
import { createDatabase, type Database } from '../support/application/database';
import { Person, person } from '../support/entities/person';
import { type Receiver, startReceiver } from '../support/receivers/receiver';

interface Placement {
  readonly schema?: string;
  readonly entityPrefix?: string;
}

let database: Database;
let dataSource: DataSource;

beforeEach(async () => {
  database = await createDatabase();
});
afterEach(async () => {
  if (dataSource.isInitialized) await dataSource.destroy();
  await database.drop();
});

async function initialise(placement: Placement = {}): Promise<void> {
  dataSource = new DataSource({
    type: 'postgres',
    url: database.url,
    ...placement,
    entities: [Person, ...modelHookEntities],
    migrations: [...modelHookMigrations],
  });
  await dataSource.initialize();
  if (placement.schema) await dataSource.query(`CREATE SCHEMA "${placement.schema}"`);
}

/** Our tables and indexes, wherever they are. */
async function ours(): Promise<readonly string[]> {
  const found = await dataSource.query<{ name: string }[]>(
    `SELECT n.nspname || '.' || c.relname AS name FROM pg_class c
     JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relname LIKE '%model_hook_%' ORDER BY name`,
  );
  return found.map(({ name }) => name);
}

async function undoAll(): Promise<void> {
  await undoLast(modelHookMigrations.length);
}

async function undoLast(count: number): Promise<void> {
  for (let left = count; left > 0; left -= 1) await dataSource.undoLastMigration();
}

/** Undoes this migration and all later ones. */
async function undoFrom(name: string): Promise<void> {
  const names: string[] = modelHookMigrations.map((migration) => new migration().name);
  await undoLast(names.length - names.indexOf(name));
}

/** What TypeORM would change. */
async function toDo(): Promise<readonly string[]> {
  const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
  return upQueries.map(({ query }) => query);
}

const tablesIn = (schema: string, prefix = ''): readonly string[] =>
  TABLE_NAMES.map((name) => `${schema}.${tableName(name, prefix)}`);

describe('modelHookMigrations', () => {
  it('The migrations create the tables, remove them and create them again', async () => {
    await initialise();
    await dataSource.runMigrations();
    const made = await ours();
    expect(made).toEqual(expect.arrayContaining([...tablesIn('public')]));
    await undoAll();
    expect(await ours()).toEqual([]);
    await dataSource.runMigrations();
    expect(await ours()).toEqual(made);
    expect(await dataSource.showMigrations()).toBe(false);
  });

  it.each<Placement & { expected: readonly string[] }>([
    { schema: 'Hooks', expected: tablesIn('Hooks') },
    { entityPrefix: 'app_', expected: tablesIn('public', 'app_') },
    { schema: 'my schema', entityPrefix: 'App ', expected: tablesIn('my schema', 'App ') },
  ])(
    'The migrations use the schema $schema and the prefix $entityPrefix',
    async ({ expected, ...placement }) => {
      await initialise(placement);
      await dataSource.runMigrations();
      const made = await ours();
      expect(made).toEqual(expect.arrayContaining([...expected]));
      const prefix = `${placement.schema ?? 'public'}.${placement.entityPrefix ?? ''}model_hook_`;
      expect(made.filter((name) => !name.startsWith(prefix))).toEqual([]);
      await undoAll();
      expect(await ours()).toEqual([]);
    },
  );

  it('The migrations and the schema builder leave each other nothing to change', async () => {
    for (const placement of [{}, { schema: 'hooks', entityPrefix: 'app_' }]) {
      await initialise(placement);
      await dataSource.runMigrations();
      const made = await ours();
      expect(await toDo()).toEqual([expect.stringMatching(/^CREATE TABLE .*person"/)]);
      await dataSource.synchronize();
      expect(await ours()).toEqual(made);
      expect(await toDo()).toEqual([]);
      await dataSource.destroy();
    }
  });

  it('The migration of an earlier release gives turns to waiting deliveries', async () => {
    await initialise();
    await dataSource.runMigrations();
    await undoFrom('AddTrust1765200000000');
    await dataSource.query(
      `INSERT INTO model_hook_delivery (id, event_id, listener_id, event, status, attempt, retries, reschedules, next_at)
       SELECT gen_random_uuid(), gen_random_uuid(), l, 'e', 'retrying', 1, 1, 0, n
       FROM unnest('{00000000-0000-7000-8000-000000000001, 00000000-0000-7000-8000-000000000002}'::uuid[]) l,
         unnest(ARRAY[timestamptz '2026-01-02', '2026-01-01', NULL]) n`,
    );
    await dataSource.runMigrations();
    const turns = await dataSource.query<{ ready_at: Date }[]>(
      'SELECT ready_at FROM model_hook_turn',
    );
    const first = new Date((await dataSource.query("SELECT timestamptz '2026-01-01' AS at"))[0].at);
    expect(turns.map(({ ready_at }) => ready_at)).toEqual([first, first]);
  });

  it('A migration lets an event have no process, and its undoing gives one', async () => {
    await initialise();
    await dataSource.runMigrations();
    await dataSource.query(
      `INSERT INTO model_hook_event (id, hook, event, data) VALUES (gen_random_uuid(), 'h', 'h.created', '{}')`,
    );
    const columns = 'process_id, raw_previous';
    const [written] = await dataSource.query(`SELECT ${columns} FROM model_hook_event`);
    expect(written).toEqual({ process_id: null, raw_previous: false });
    await undoFrom('AddRawPrevious1765800000000');
    const [undone] = await dataSource.query('SELECT * FROM model_hook_event');
    expect(undone).toMatchObject({ process_id: '00000000-0000-0000-0000-000000000000' });
    expect(undone).not.toHaveProperty('raw_previous');
  });

  it('The migrations have names that a bundler cannot change', async () => {
    await initialise();
    await dataSource.runMigrations();
    const rows = await dataSource.query<{ name: string }[]>('SELECT name FROM migrations');
    expect(rows.map(({ name }) => name)).toEqual([
      'CreateModelHookTables1764000000000',
      'AddMatchingKeys1764600000000',
      'AddTrust1765200000000',
      'AddRawPrevious1765800000000',
      'AddHeads1765900000000',
      'AddAttemptDetail1766000000000',
      'AddEventFields1766100000000',
      'AddEventSource1766200000000',
      'AddSchedules1766300000000',
      'AddTasks1766400000000',
      'AddBuffers1766500000000',
      'AddBatch1766600000000',
      'AddContext1766700000000',
      'AddSignatureKind1766800000000',
      'AddSelection1766900000000',
      'AddCoalescing1766900000001',
    ]);
    expect(modelHookMigrations.map((Migration) => new Migration().name)).toEqual(
      rows.map(({ name }) => name),
    );
  });
});

describe('modelHookEntities', () => {
  it("The package's entities read every column that the migrations create", async () => {
    await initialise();
    await dataSource.runMigrations();
    for (const table of TABLE_NAMES) {
      const columns = await dataSource.query<{ name: string }[]>(
        'SELECT column_name AS name FROM information_schema.columns WHERE table_name = $1',
        [tableName(table)],
      );
      const entity = dataSource.entityMetadatas.find((one) => one.tableName === tableName(table));
      const known = entity?.columns.map(({ databaseName }) => databaseName) ?? [];
      expect([...known].sort()).toEqual(columns.map(({ name }) => name).sort());
      expect(await dataSource.getRepository(entity?.target ?? '').find()).toEqual([]);
    }
  });
});

describe('ModelHooks with a schema and a prefix', () => {
  let receiver: Receiver;
  afterEach(() => receiver.close());

  it('Events are captured and delivered with tables in a schema and with a prefix', async () => {
    receiver = await startReceiver();
    await initialise({ schema: 'my hooks', entityPrefix: 'App_' });
    await dataSource.runMigrations();
    await dataSource.synchronize();
    const hooks = await ModelHooks.attach(dataSource, specOptions());
    const { id } = await hooks.for(Person).listener(receiver.url).match({ name: 'Joe' }).save();
    await dataSource.manager.save([person(), person({ name: 'Ann' })]);
    await hooks.idle();
    expect(receiver.received.map(({ body }) => body)).toEqual([{ name: 'Joe', address: null }]);
    expect((await hooks.deliveries.find({ listener: id })).items).toHaveLength(1);
  });
});
