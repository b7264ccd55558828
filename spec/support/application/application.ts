import 'reflect-metadata';
import { DataSource, type DataSourceOptions, type EntityTarget, type ObjectLiteral } from 'typeorm';
import {
  type AttachOptions,
  ModelHooks,
  modelHookEntities,
  modelHookMigrations,
} from '../../../lib';
import { createDatabaseToMigrate } from './database';

type PostgresOptions = Extract<DataSourceOptions, { type: 'postgres' }>;

export interface ApplicationOptions {
  readonly entities: readonly EntityTarget<ObjectLiteral>[];
  readonly attach?: AttachOptions;
  /** Further options of the DataSource: `poolSize`, `subscribers`, `logging` … */
  readonly dataSource?: Partial<PostgresOptions>;
  /** Uses this migrated database in place of a new one, and does not drop it at the end. */
  readonly url?: string;
}

export interface Application {
  readonly dataSource: DataSource;
  readonly hooks: ModelHooks;
  readonly url: string;
  /** Destroys the DataSource and drops the database, unless `url` named it. */
  stop(): Promise<void>;
}

/** A small application as a user would set it up: a new database, migrated, with the hooks attached. Specs use `Flow`. */
export async function startApplication(options: ApplicationOptions): Promise<Application> {
  const database = options.url
    ? { url: options.url, drop: () => Promise.resolve() }
    : await createDatabaseToMigrate();
  const dataSource = newDataSource(database.url, options);
  await dataSource.initialize();
  if (!options.url) {
    await dataSource.runMigrations();
    await createSchemas(dataSource);
    await dataSource.synchronize();
  }
  const hooks = await ModelHooks.attach(dataSource, specOptions(options.attach));
  return {
    dataSource,
    hooks,
    url: database.url,
    stop: async () => {
      if (dataSource.isInitialized) await dataSource.destroy();
      await database.drop();
    },
  };
}

/** TypeORM creates tables, and not the schemas that they are in. */
async function createSchemas(dataSource: DataSource): Promise<void> {
  const schemas = new Set(dataSource.entityMetadatas.flatMap(({ schema }) => schema ?? []));
  for (const schema of schemas) await dataSource.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
}

export function newDataSource(
  url: string,
  { entities, dataSource }: Pick<ApplicationOptions, 'entities' | 'dataSource'>,
): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    ...dataSource,
    entities: [...(entities as PostgresOptions['entities'] & []), ...modelHookEntities],
    migrations: [...modelHookMigrations],
  });
}

/** The default encryption keys of specs, so that applications of one database can open each other's secrets. */
export const SPEC_KEYS = { spec: 'a-key-for-specs-of-32-characters' } as const;

/** Listeners of specs may ask for short delays and long time-outs. */
const NO_LIMITS = {
  timeoutMs: 300_000,
  retries: 1_000,
  retryDelayMs: 0,
  maxResponseBytes: 16_777_216,
} as const;

/** Permits the receivers of specs, which listen on this machine on any port. */
export function specOptions(attach: AttachOptions = {}): AttachOptions {
  const delivery = { recipients: 'development', limits: NO_LIMITS, ...attach.delivery } as const;
  return { encryptionKeys: SPEC_KEYS, ...attach, delivery };
}
