import { DataSource, EntitySchema } from 'typeorm';
import {
  type AttachOptions,
  ModelHook,
  ModelHooks,
  modelHookEntities,
  modelHookMigrations,
  TriggersOutdatedError,
} from '../../../../lib';
import { specOptions } from '../../../support/application/application';
import { createDatabase, type Database } from '../../../support/application/database';

/** Releases of one application, which differ in what the hook of one table provides. */
function release(provides: readonly string[], hook: object = {}): EntitySchema<object> {
  const schema = new EntitySchema<object>({
    name: 'item',
    tableName: 'item',
    columns: {
      id: { type: 'int', primary: true, generated: 'increment' },
      name: { type: 'varchar' },
      color: { type: 'varchar', nullable: true },
    } as never,
  });
  ModelHook({ name: 'item', provides, ...hook } as never)(schema as never);
  return schema;
}

const NAMES = release(['name']);
const COLORS = release(['name', 'color']);
const BY_SUBSCRIBERS = release(['name'], { capture: 'subscribers' });
const UNTRUNCATED = release(['name'], { truncate: 'ignore' });

const TRIGGERS = { capture: 'triggers', work: false } as const;

let database: Database;
const opened: DataSource[] = [];

beforeEach(async () => {
  database = await createDatabase();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.isInitialized && one.destroy()));
  await database.drop();
});

async function opening(schema: EntitySchema<object>): Promise<DataSource> {
  const dataSource = new DataSource({
    type: 'postgres',
    url: database.url,
    entities: [schema, ...modelHookEntities],
    migrations: [...modelHookMigrations],
  });
  opened.push(dataSource);
  await dataSource.initialize();
  await dataSource.runMigrations();
  await dataSource.synchronize();
  return dataSource;
}

const attach = (dataSource: DataSource, options: AttachOptions) =>
  ModelHooks.attach(dataSource, specOptions(options));

/** Those of hooked tables: the event table has one of its own, with a function. */
const functionsIn = (dataSource: DataSource): Promise<readonly { name: string }[]> =>
  dataSource.query(
    `SELECT proname AS name FROM pg_proc WHERE proname LIKE 'model_hook_%'
       AND oid NOT IN (SELECT tgfoid FROM pg_trigger WHERE tgrelid = to_regclass('model_hook_event'))`,
  );
const triggersIn = (dataSource: DataSource): Promise<readonly { name: string }[]> =>
  dataSource.query(
    `SELECT tgname AS name FROM pg_trigger
     WHERE tgname LIKE '%model_hook_%' AND tgrelid IS DISTINCT FROM to_regclass('model_hook_event')`,
  );
const storedIn = async (dataSource: DataSource): Promise<readonly object[]> => {
  const rows: readonly { data: object }[] = await dataSource.query(
    'SELECT data FROM model_hook_event ORDER BY id',
  );
  return rows.map(({ data }) => data);
};

describe('hooks.triggers', () => {
  it('install(), check() and remove() bring the triggers into the database and out of it', async () => {
    const dataSource = await opening(NAMES);
    const triggers = ModelHooks.triggers(dataSource, TRIGGERS);
    const status = (state: string) => [{ hook: 'item', table: '"item"', state }];
    expect(await triggers.check()).toEqual(status('missing'));
    await triggers.install();
    expect(await triggers.check()).toEqual(status('current'));
    expect(await triggersIn(dataSource)).toHaveLength(4);
    await dataSource.query('ALTER TABLE item DISABLE TRIGGER ALL');
    expect(await triggers.check()).toEqual(status('outdated'));
    await triggers.install();
    expect(await triggers.check()).toEqual(status('current'));
    await triggers.remove();
    expect(await triggers.check()).toEqual(status('missing'));
    expect([...(await triggersIn(dataSource)), ...(await functionsIn(dataSource))]).toEqual([]);
  });

  it('The statements of sql() do the same in a migration, and can be run again', async () => {
    const dataSource = await opening(COLORS);
    const triggers = ModelHooks.triggers(dataSource, TRIGGERS);
    const { up, down } = triggers.sql();
    for (const statement of [...up, ...up]) await dataSource.query(statement);
    expect(await triggers.check()).toMatchObject([{ state: 'current' }]);
    await dataSource.query(`INSERT INTO item (name, color) VALUES ('a', 'red')`);
    expect(await storedIn(dataSource)).toEqual([{ name: 'a', color: 'red' }]);
    for (const statement of down) await dataSource.query(statement);
    expect([...(await triggersIn(dataSource)), ...(await functionsIn(dataSource))]).toEqual([]);
  });

  it('Without a hook that triggers capture, there is nothing to install', async () => {
    const dataSource = await opening(NAMES);
    expect(ModelHooks.triggers(dataSource).sql()).toEqual({ up: [], down: [] });
    expect(await ModelHooks.triggers(dataSource).check()).toEqual([]);
  });

  it('Triggers leave the schema builder of TypeORM nothing to change', async () => {
    const dataSource = await opening(NAMES);
    await ModelHooks.triggers(dataSource, TRIGGERS).install();
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    expect(upQueries).toEqual([]);
  });

  it('Several processes can install at once', async () => {
    const dataSource = await opening(NAMES);
    const triggers = Array.from({ length: 6 }, () => ModelHooks.triggers(dataSource, TRIGGERS));
    await Promise.all(triggers.map((one) => one.install()));
    expect(await triggers[0]?.check()).toMatchObject([{ state: 'current' }]);
  });
});

describe('attach', () => {
  it('Missing triggers are refused with an error that names the command', async () => {
    const dataSource = await opening(NAMES);
    const error = await attach(dataSource, TRIGGERS).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TriggersOutdatedError);
    expect(error).toMatchObject({
      code: 'TRIGGERS_OUTDATED',
      triggers: [{ hook: 'item', table: '"item"', state: 'missing' }],
      message: expect.stringContaining('model-hooks triggers --install'),
    });
  });

  it('Triggers of a release that provides other fields are outdated, and are replaced without a gap', async () => {
    const older = await opening(NAMES);
    await attach(older, { ...TRIGGERS, installTriggers: true });
    const newer = await opening(COLORS);
    await expect(attach(newer, TRIGGERS)).rejects.toMatchObject({
      code: 'TRIGGERS_OUTDATED',
      triggers: [{ state: 'outdated' }],
    });
    await older.query(`INSERT INTO item (name, color) VALUES ('before', 'red')`);
    await attach(newer, { ...TRIGGERS, installTriggers: true });
    await older.query(`INSERT INTO item (name, color) VALUES ('after', 'red')`);
    expect(await storedIn(older)).toEqual([{ name: 'before' }, { name: 'after', color: 'red' }]);
    const shapes = await older.query('SELECT DISTINCT shape FROM model_hook_event');
    expect(shapes).toHaveLength(2);
  });

  it('Triggers of a hook that subscribers capture now are outdated, so that no change makes two events', async () => {
    await attach(await opening(NAMES), { ...TRIGGERS, installTriggers: true });
    const newer = await opening(BY_SUBSCRIBERS);
    await expect(attach(newer, TRIGGERS)).rejects.toMatchObject({
      triggers: [{ hook: 'item', state: 'outdated' }],
    });
    await attach(newer, { ...TRIGGERS, installTriggers: true });
    expect(await triggersIn(newer)).toEqual([]);
  });

  it('A trigger that this release does not need any more is outdated, and is removed', async () => {
    await attach(await opening(NAMES), { ...TRIGGERS, installTriggers: true });
    const newer = await opening(UNTRUNCATED);
    const triggers = ModelHooks.triggers(newer, TRIGGERS);
    expect(await triggers.check()).toMatchObject([{ state: 'outdated' }]);
    await triggers.install();
    expect(await triggers.check()).toMatchObject([{ state: 'current' }]);
    expect(await triggersIn(newer)).toHaveLength(3);
  });

  it('The option installTriggers installs them again after synchronize(true)', async () => {
    const dataSource = await opening(NAMES);
    await attach(dataSource, { ...TRIGGERS, installTriggers: true });
    await dataSource.synchronize(true);
    await dataSource.runMigrations();
    await dataSource.query(`INSERT INTO item (name) VALUES ('a')`);
    expect(await storedIn(dataSource)).toEqual([{ name: 'a' }]);
  });

  it('A DataSource with synchronize that is initialised again has its triggers', async () => {
    const dataSource = await opening(NAMES);
    await attach(dataSource, { ...TRIGGERS, installTriggers: true });
    await dataSource.destroy();
    dataSource.setOptions({ synchronize: true });
    await dataSource.initialize();
    await dataSource.query(`INSERT INTO item (name) VALUES ('a')`);
    expect(await storedIn(dataSource)).toEqual([{ name: 'a' }]);
  });

  it('A DataSource that is initialised again checks its triggers again', async () => {
    const dataSource = await opening(NAMES);
    const hooks = await attach(dataSource, { ...TRIGGERS, installTriggers: false }).catch(
      async () => {
        await ModelHooks.triggers(dataSource, TRIGGERS).install();
        return attach(dataSource, TRIGGERS);
      },
    );
    await dataSource.destroy();
    await dataSource.initialize();
    expect(await hooks.triggers.check()).toMatchObject([{ state: 'current' }]);
    await hooks.triggers.remove();
    await dataSource.destroy();
    await expect(dataSource.initialize()).rejects.toMatchObject({ code: 'TRIGGERS_OUTDATED' });
  });
});
