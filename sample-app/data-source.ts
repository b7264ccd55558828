import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { modelHookEntities, modelHookMigrations } from 'typeorm-model-hooks';
import { City, Country } from './entities';

/** Connects to the empty database of `DATABASE_URL`. The package exports its entities and migrations as plain arrays. */
export function newDataSource(): DataSource {
  const url = process.env.DATABASE_URL;
  if (!url) throw new Error('DATABASE_URL is not set: start the sample with "npm run sample".');
  return new DataSource({
    type: 'postgres',
    url,
    entities: [Country, City, ...modelHookEntities],
    migrations: [...modelHookMigrations],
  });
}

/** Migrations create the tables of the package. `synchronize` creates those of this application and leaves the others unchanged. */
export async function makeTables(dataSource: DataSource): Promise<void> {
  await dataSource.runMigrations();
  await dataSource.synchronize();
}
