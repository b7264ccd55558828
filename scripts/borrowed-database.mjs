import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** @typedef {{ server: string, url: string, close(): Promise<void> }} Server */

/**
 * Makes a database of one's own on somebody's server. Closing drops it, and with it the databases that specs made
 * beside it and did not come to drop: their names begin with its name.
 *
 * @param {string} serverUrl
 * @returns {Promise<Server>}
 */
export async function borrowDatabase(serverUrl) {
  const name = `model_hooks_${randomBytes(6).toString('hex')}`;
  await withClient(serverUrl, (client) => client.query(`CREATE DATABASE ${name}`));
  const url = new URL(serverUrl);
  const host = url.host || url.searchParams.get('host') || 'localhost';
  url.pathname = `/${name}`;
  return {
    server: `PostgreSQL of DATABASE_URL (${host}), database ${name}`,
    url: url.href,
    close: () => dropDatabases(serverUrl, name),
  };
}

/**
 * Drops a database and those whose names go on from its name.
 *
 * @param {string} serverUrl
 * @param {string} name
 */
export async function dropDatabases(serverUrl, name) {
  await withClient(serverUrl, async (client) => {
    const { rows } = await client.query(
      'SELECT datname FROM pg_database WHERE datname = $1 OR starts_with(datname, $1 || $2)',
      [name, '_'],
    );
    for (const { datname } of rows) {
      await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(datname)} WITH (FORCE)`);
    }
  });
}

/**
 * @param {string} connectionString
 * @param {(client: pg.Client) => Promise<unknown>} work
 */
async function withClient(connectionString, work) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
