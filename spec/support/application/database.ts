import { randomBytes } from 'node:crypto';
import { Client, escapeIdentifier } from 'pg';

/** The environment variable that has the name of the migrated database, which jest/set-up.ts makes. */
export const TEMPLATE_VARIABLE = 'MODEL_HOOKS_SPEC_TEMPLATE';

export interface Database {
  readonly url: string;
  drop(): Promise<void>;
}

/** A new, empty database on the server of `DATABASE_URL`, for one spec. */
export function createDatabase({ encoding = 'UTF8' } = {}): Promise<Database> {
  // Only the locale C fits every encoding.
  return create(encoding === 'UTF8' ? '' : `ENCODING '${encoding}' LOCALE 'C' TEMPLATE template0`);
}

/** A new database in which the caller runs all migrations. Under Jest it is a copy of one in which they have run, so that none is left to run. */
export function createDatabaseToMigrate(): Promise<Database> {
  const template = process.env[TEMPLATE_VARIABLE];
  return create(template ? `TEMPLATE ${escapeIdentifier(template)}` : '');
}

async function create(options: string): Promise<Database> {
  const url = new URL(serverUrl());
  // The prefix is the name of the server's database. scripts/with-postgres.mjs finds databases that were not dropped by it.
  const name = `${url.pathname.slice(1, 41)}_${randomBytes(6).toString('hex')}`;
  await runOnServer(`CREATE DATABASE ${escapeIdentifier(name)} ${options}`);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () => dropDatabase(name),
  };
}

export function dropDatabase(name: string): Promise<void> {
  return runOnServer(`DROP DATABASE IF EXISTS ${escapeIdentifier(name)} WITH (FORCE)`);
}

async function runOnServer(statement: string): Promise<void> {
  const client = new Client({ connectionString: serverUrl() });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function serverUrl(): string {
  const url = process.env.DATABASE_URL;
  if (!url) throw new Error('DATABASE_URL is not set: run specs with "npm test" (-- PATTERN).');
  return url;
}
