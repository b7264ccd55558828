import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { modelHookEntities, modelHookMigrations } from './lib';

/** For `npm run migration:run`, `migration:revert` and `migration:generate`, against `DATABASE_URL`. */
export default new DataSource({
  type: 'postgres',
  url: process.env.DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres',
  entities: [...modelHookEntities],
  migrations: [...modelHookMigrations],
});
