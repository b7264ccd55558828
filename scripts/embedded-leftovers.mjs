import { readdirSync, readFileSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProcess, isAlive } from './processes.mjs';

/** Folders are named by this, the keeper's process id and something random. */
export const PREFIX = 'model-hooks-postgres-';

/** How often a keeper touches its folder. */
export const HEARTBEAT_MS = 10_000;

// In another container with the same /tmp a process id says nothing, the heartbeat does.
const SILENCE_MS = 6 * HEARTBEAT_MS;

/** Takes away the servers of keepers that were killed, at the next start. */
export async function removeLeftovers() {
  for (const { folder, keeper } of folders()) {
    if (!isAlive(keeper) && isSilent(folder)) await remove(folder).catch(() => {});
  }
}

/**
 * Takes away the server of a keeper that is known to be dead.
 *
 * @param {number | undefined} dead
 */
export async function removeLeftoversOf(dead) {
  for (const { folder, keeper } of folders()) {
    if (keeper === dead) await remove(folder).catch(() => {});
  }
}

function folders() {
  const names = readdirSync(tmpdir()).filter((name) => name.startsWith(PREFIX));
  return names.map((name) => ({
    folder: join(tmpdir(), name),
    keeper: Number.parseInt(name.slice(PREFIX.length), 10),
  }));
}

/** @param {string} folder */
function isSilent(folder) {
  const stat = statSync(folder, { throwIfNoEntry: false });
  return (
    stat !== undefined && stat.uid === process.getuid?.() && Date.now() - stat.mtimeMs > SILENCE_MS
  );
}

/** @param {string} folder */
async function remove(folder) {
  const pid = serverPid(folder);
  if (pid !== undefined)
    await endProcess(pid, { signals: ['SIGQUIT', 'SIGKILL'], patienceMs: 5_000 });
  await rm(folder, { recursive: true, force: true });
}

/**
 * The server's process, if it is still the one that runs in this folder.
 *
 * @param {string} folder
 */
function serverPid(folder) {
  try {
    const pid = Number.parseInt(readFileSync(join(folder, 'data', 'postmaster.pid'), 'utf8'), 10);
    // Without /proc nothing tells whose the number is by now: leave that process alone.
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder) ? pid : undefined;
  } catch {
    return undefined;
  }
}
