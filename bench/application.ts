import { DataSource } from 'typeorm';
import {
  type AttachOptions,
  ModelHooks,
  modelHookEntities,
  modelHookMigrations,
} from 'typeorm-model-hooks';
import { createDatabase } from '../spec/support/application/database';
import type { CustomerClass } from './customers';

/** Runs some work with a new, empty database, and drops the database afterwards. */
export async function withDatabase<T>(work: (url: string) => Promise<T>): Promise<T> {
  const database = await createDatabase();
  try {
    return await work(database.url);
  } finally {
    await database.drop();
  }
}

/** A DataSource without the package, for comparison. */
export async function connectPlain(url: string, entity: CustomerClass): Promise<DataSource> {
  const dataSource = new DataSource({ type: 'postgres', url, entities: [entity] });
  await dataSource.initialize();
  await dataSource.synchronize();
  return dataSource;
}

/** A DataSource with our tables, not attached yet. */
export async function connectHooked(url: string, entity: new () => object): Promise<DataSource> {
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    entities: [entity, ...modelHookEntities],
    migrations: [...modelHookMigrations],
  });
  await dataSource.initialize();
  await dataSource.runMigrations();
  await dataSource.synchronize();
  return dataSource;
}

/** Attaches with the default options, except that receivers on this machine are allowed. */
export function attach(dataSource: DataSource, options: AttachOptions = {}): Promise<ModelHooks> {
  return ModelHooks.attach(dataSource, { ...options, delivery: { recipients: 'development' } });
}
