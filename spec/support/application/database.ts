import { randomBytes } from 'node:crypto';
import { Client, escapeIdentifier } from 'pg';

export interface Database {
  readonly url: string;
  drop(): Promise<void>;
}

/** A new, empty database on the server of `DATABASE_URL`, for one spec. */
export async function createDatabase({ encoding = 'UTF8' } = {}): Promise<Database> {
  const url = new URL(serverUrl());
  // The prefix is the name of the server's database. scripts/with-postgres.mjs finds databases that were not dropped by it.
  const name = `${url.pathname.slice(1, 41)}_${randomBytes(6).toString('hex')}`;
  // Only the locale C fits every encoding.
  const other = encoding === 'UTF8' ? '' : ` ENCODING '${encoding}' LOCALE 'C' TEMPLATE template0`;
  await runOnServer(`CREATE DATABASE ${escapeIdentifier(name)}${other}`);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () => runOnServer(`DROP DATABASE IF EXISTS ${escapeIdentifier(name)} WITH (FORCE)`),
  };
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
