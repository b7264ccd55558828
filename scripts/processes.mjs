import { setTimeout as wait } from 'node:timers/promises';

const LOOK_AGAIN_MS = 20;

/**
 * Signals every process of a group; a group that is gone is no error.
 *
 * @param {number | undefined} group
 * @param {NodeJS.Signals} signal
 */
export function signalGroup(group, signal) {
  if (group !== undefined) send(-group, signal);
}

/**
 * Ends a process, or with a negative number a group, by the first of the signals that it heeds within `patienceMs`.
 *
 * @param {number} pid
 * @param {{ signals: NodeJS.Signals[], patienceMs: number }} how
 */
export async function endProcess(pid, { signals, patienceMs }) {
  for (const signal of signals) {
    send(pid, signal);
    const until = Date.now() + patienceMs;
    while (isAlive(pid) && Date.now() < until) await wait(LOOK_AGAIN_MS);
    if (!isAlive(pid)) return;
  }
}

/** @param {number} pid */
export function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, and is somebody else's.
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/**
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 */
function send(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}
