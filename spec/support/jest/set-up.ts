import { newDataSource } from '../application/application';
import { createDatabase, TEMPLATE_VARIABLE } from '../application/database';

/** Runs the migrations once, in a database that specs copy. */
export default async function setUp(): Promise<void> {
  // Some specs need no database.
  if (!process.env.DATABASE_URL) return;
  const { url } = await createDatabase();
  const dataSource = await newDataSource(url, { entities: [] }).initialize();
  await dataSource.runMigrations();
  // A database that somebody is connected to cannot be copied.
  await dataSource.destroy();
  process.env[TEMPLATE_VARIABLE] = new URL(url).pathname.slice(1);
}
