import { DataSource } from 'typeorm';
import { type AttachOptions, type ModelHookError, ModelHooks, modelHookEntities } from '../../lib';
import { checkDataSource, checkVersion, installedVersion } from '../../lib/attach/checks';
import { resolveOptions } from '../../lib/attach/options';
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
    expect(await refusal(dataSource)).toMatchObject({ missing: ['"model_hook_attempt"'] });
  });

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

describe('resolveOptions', () => {
  it.each<{ option: string; values: readonly object[] }>([
    {
      option: 'dispatcher',
      values: ['later', '', 1, null, {}, { dispatch: true }].map((dispatcher) => ({ dispatcher })),
    },
    { option: 'onCaptureError', values: [{ onCaptureError: 'ignore' }, { onCaptureError: null }] },
    { option: 'work', values: [{ work: 'yes' }, { work: 0 }] },
    ...['waitMs', 'sweepMs', 'leaseMs', 'connections'].map((option) => ({
      option,
      values: [0, -1, Number.NaN, Infinity, '5', null].map((value) => ({ [option]: value })),
    })),
    ...['eventsMs', 'deliveriesMs'].map((option) => ({
      option: `retention.${option}`,
      values: [-1, Number.NaN, '5'].map((value) => ({ retention: { [option]: value } })),
    })),
    ...['maxConcurrency', 'maxConcurrencyPerOrigin'].map((option) => ({
      option: `delivery.${option}`,
      values: [0, -1, Number.NaN, '5'].map((value) => ({ delivery: { [option]: value } })),
    })),
    { option: 'delivery.keepAlive', values: [{ delivery: { keepAlive: 1 } }] },
    {
      option: 'delivery.proxy',
      values: [
        '',
        'proxy.example:3128',
        'socks5://proxy.example',
        'http://proxy.example/path',
        'http://proxy.example/?a',
        'http://joe:%ff@proxy.example',
        'http://a%3Ab:c@proxy.example',
        7,
      ].map((proxy) => ({ delivery: { proxy } })),
    },
    {
      option: 'delivery.ca',
      values: [
        '',
        'PEM',
        [''],
        [1],
        null,
        `-----BEGIN CERTIFICATE-----
AAAA
-----END CERTIFICATE-----`,
      ].map((ca) => ({ delivery: { ca } })),
    },
    {
      option: 'delivery',
      values: [
        { timeoutMs: 0 },
        { retries: -1 },
        { jitter: 2 },
        { timeoutMs: '1' },
        { typo: 1 },
      ].map((delivery) => ({ delivery })),
    },
    {
      option: 'delivery.recipients.allow',
      values: [{ delivery: { recipients: { allow: ['10.0.0.1'] } } }],
    },
    {
      option: 'delivery.recipients.deny',
      values: [{ delivery: { recipients: { deny: ['everything'] } } }],
    },
  ])('Invalid values of $option are refused', ({ option, values }) => {
    for (const options of values)
      expect(() => resolveOptions(options as AttachOptions)).toThrow(
        expect.objectContaining({ code: 'OPTION_INVALID', option }),
      );
  });

  it('The error does not repeat the password of a proxy', () => {
    const delivery = { proxy: 'socks5://joe:hush@proxy.example' };
    expect(() => resolveOptions({ delivery })).toThrow(/^(?!.*hush).*http:\/\/user:pass@host:port/);
  });

  it('Options that are missing or undefined get their defaults at every level', () => {
    const unset = { waitMs: undefined, retention: { eventsMs: undefined } } as unknown as object;
    const resolved = resolveOptions({
      ...unset,
      delivery: { retries: 0, recipients: { ports: 'any' } },
    });
    expect(resolved).toMatchObject({
      dispatcher: 'default',
      work: true,
      waitMs: 10_000,
      connections: 2,
      retention: { eventsMs: 604_800_000, deliveriesMs: 2_592_000_000 },
      delivery: { retries: 0, timeoutMs: 3_000, maxConcurrency: 256, proxy: null, ca: [] },
    });
    expect(() => resolved.policy.checkTarget(new URL('ftp://example.com'))).toThrow('protocol');
    expect(() => resolved.policy.checkTarget(new URL('http://example.com:81'))).not.toThrow();
  });

  it('An invalid option rejects the attachment', async () => {
    const database = await createDatabase();
    const dataSource = newDataSource(database.url, { entities: [] });
    await dataSource.initialize();
    expect(await refusal(dataSource, { sweepMs: 0 })).toMatchObject({ code: 'OPTION_INVALID' });
    await dataSource.destroy();
    await database.drop();
  });
});
