import { DataSource } from 'typeorm';
import { type AttachOptions, type ModelHookError, ModelHooks, modelHookEntities } from '../../lib';
import { checkDataSource, checkVersion, installedVersion } from '../../lib/attach/checks';
import { newDataSource, specOptions } from '../support/application/application';
import { createDatabase, type Database } from '../support/application/database';
import { Person } from '../support/entities/person';

const refusal = (dataSource: DataSource, options: object = {}): Promise<ModelHookError> =>
  ModelHooks.attach(dataSource, options as AttachOptions).then(
    () => {
      throw new Error('It was attached.');
    },
    (error: ModelHookError) => error,
  );

describe('checkVersion', () => {
  it.each(['0.3.20', '0.3.31', '1.0.0', '1.1.1', '1.99.0', '1.2.0-beta.1', null])(
    'TypeORM %s is accepted',
    (version) => {
      expect(() => checkVersion(version)).not.toThrow();
    },
  );

  it.each(['0.3.19', '0.2.45', '0.4.0', '2.0.0', 'next'])('TypeORM %s is refused', (version) => {
    expect(() => checkVersion(version)).toThrow(
      expect.objectContaining({
        code: 'TYPEORM_UNSUPPORTED',
        message: expect.stringMatching(new RegExp(`${version}.*\\^0\\.3\\.20`)),
      }),
    );
  });

  it('The installed TypeORM is accepted', () => {
    expect(installedVersion()).toMatch(/^1\.1\./);
    expect(() => checkVersion(installedVersion())).not.toThrow();
  });
});

describe('ModelHooks.attach', () => {
  let database: Database;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await createDatabase();
  });
  afterEach(async () => {
    if (dataSource.isInitialized) await dataSource.destroy();
  });
  afterAll(() => database.drop());

  const initialised = async (made: DataSource): Promise<DataSource> => {
    dataSource = made;
    return dataSource.initialize();
  };

  it('attach() needs an initialised DataSource, and works after it is initialised', async () => {
    const fresh = await createDatabase();
    dataSource = newDataSource(fresh.url, { entities: [Person] });
    expect(await refusal(dataSource)).toMatchObject({
      code: 'DATASOURCE_NOT_INITIALISED',
      message: expect.stringContaining('dataSource.initialize()'),
    });
    await dataSource.initialize();
    await dataSource.runMigrations();
    expect(await ModelHooks.attach(dataSource, specOptions())).toBeInstanceOf(ModelHooks);
    await dataSource.destroy();
    await fresh.drop();
  });

  it('The error of attach() names the missing tables and the command that creates them', async () => {
    await initialised(newDataSource(database.url, { entities: [Person] }));
    const error = await refusal(dataSource);
    expect(error).toMatchObject({
      code: 'TABLES_MISSING',
      missing: expect.arrayContaining([expect.stringContaining('model_hook_event')]),
      message: expect.stringContaining('npx typeorm migration:run -d'),
    });
    expect(error.message).toContain('modelHookMigrations');
    await dataSource.runMigrations();
    await dataSource.query('DROP TABLE model_hook_attempt');
    expect(await refusal(dataSource)).toMatchObject({ missing: ['"public"."model_hook_attempt"'] });
  });

  it.each(['LATIN1', 'SQL_ASCII', 'EUC_JP'])(
    'attach() refuses a database with the encoding %s',
    async (encoding) => {
      const other = await createDatabase({ encoding });
      await initialised(newDataSource(other.url, { entities: [Person] }));
      await dataSource.runMigrations();
      expect(await refusal(dataSource)).toMatchObject({
        code: 'TYPEORM_UNSUPPORTED',
        message: expect.stringMatching(`${encoding}.*UTF8`),
      });
      await dataSource.destroy();
      await other.drop();
    },
  );

  it('attach() refuses a DataSource without all of modelHookEntities', async () => {
    for (const entities of [[Person], [Person, ...modelHookEntities.slice(1)]]) {
      await initialised(new DataSource({ type: 'postgres', url: database.url, entities }));
      expect(await refusal(dataSource)).toMatchObject({
        code: 'TYPEORM_UNSUPPORTED',
        message: expect.stringContaining('...modelHookEntities'),
      });
      await dataSource.destroy();
    }
  });
});

describe('checkDataSource', () => {
  it('A driver other than postgres is refused', () => {
    const entities = [...modelHookEntities];
    const other = new DataSource({ type: 'cockroachdb', entities, timeTravelQueries: false });
    // No other database is here to connect to.
    const initialised = Object.create(other, { isInitialized: { value: true } }) as DataSource;
    expect(() => checkDataSource(initialised)).toThrow(
      expect.objectContaining({
        code: 'TYPEORM_UNSUPPORTED',
        message: 'The driver "cockroachdb" is not supported; expected "postgres".',
      }),
    );
  });
});
