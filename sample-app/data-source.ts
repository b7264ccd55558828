import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { modelHookEntities, modelHookMigrations } from 'typeorm-model-hooks';
import { City, Country } from './entities';

/** `DATABASE_URL` names an empty database. The hooks bring entities and migrations of their own; both are plain arrays. */
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

/** The hooks' tables come by migration, and `synchronize` leaves them alone; this application's own come from its entities. */
export async function makeTables(dataSource: DataSource): Promise<void> {
  await dataSource.runMigrations();
  await dataSource.synchronize();
}
