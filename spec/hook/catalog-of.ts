import 'reflect-metadata';
import { DataSource, type EntitySchema } from 'typeorm';
import { HookCatalog } from '../../lib/hook/catalog';
import { createDatabase, type Database } from '../support/application/database';

type Entities = readonly (EntitySchema | (new () => object))[];

let database: Database | undefined;

/** The catalogue of these entities. Its DataSource is initialised for the metadata and closed again. */
export async function catalogOf(...entities: Entities): Promise<HookCatalog> {
  database ??= await createDatabase();
  const dataSource = new DataSource({
    type: 'postgres',
    url: database.url,
    entities: [...entities],
  });
  await dataSource.initialize();
  try {
    return new HookCatalog(dataSource).load();
  } finally {
    await dataSource.destroy();
  }
}

export async function dropCatalogs(): Promise<void> {
  await database?.drop();
  database = undefined;
}
