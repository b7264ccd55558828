import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * A tarball of this package: the one that PACKAGE_TARBALL names, else a new one in the folder.
 *
 * @param {string} folder
 * @param {{ isBuilt?: boolean }} options `isBuilt`: dist/ is current, so it is not built again
 */
export function packed(folder, { isBuilt = false } = {}) {
  const { PACKAGE_TARBALL } = process.env;
  if (PACKAGE_TARBALL) return resolve(ROOT, PACKAGE_TARBALL);
  const flag = isBuilt ? '--ignore-scripts' : '--foreground-scripts=false';
  const args = ['pack', '--json', flag, '--pack-destination', folder];
  const [{ filename }] = JSON.parse(run('npm', args, { cwd: ROOT }));
  return join(folder, filename);
}

/**
 * Runs a command, and returns what it prints. If it fails, throws with all that it printed.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv, timeoutMs?: number }} options
 */
export function run(command, args, { cwd, env = process.env, timeoutMs = 300_000 }) {
  try {
    return execFileSync(command, args, {
      cwd,
      env,
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 64 * 1024 * 1024,
    });
  } catch (error) {
    const {
      stdout = '',
      stderr = '',
      message,
    } = /** @type {import('node:child_process').ExecFileException} */ (error);
    throw new Error(`${command} ${args.join(' ')} failed: ${message}\n${stdout}${stderr}`);
  }
}

/**
 * Calls the function with a new folder outside the repository, and removes the folder afterwards.
 *
 * @template T
 * @param {string} name
 * @param {(folder: string) => T} fn
 * @returns {T}
 */
export function inScratch(name, fn) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `model-hooks-${name}-`)));
  try {
    return fn(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
