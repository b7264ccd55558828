import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { locateBinaries } from './embedded-binaries.mjs';

const run = promisify(execFile);

/** @typedef {{ uid?: number, gid?: number }} Identity */
/** @typedef {{ folder: string, dataFolder: string, logFile: string, identity: Identity, password: string, binaries: { initdb: string, postgres: string } }} Cluster */

/**
 * Makes the files of a server in this folder, and what is needed to run it.
 *
 * @param {string} folder
 * @returns {Promise<Cluster>}
 */
export async function initialise(folder) {
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
