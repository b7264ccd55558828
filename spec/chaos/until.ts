import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_AGAIN_MS = 50;

/** Polls until the condition holds. Resolves with false at the deadline, given as `Date.now()`. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  deadline: number,
): Promise<boolean> {
  while (!(await holds())) {
    if (Date.now() > deadline) return false;
    await sleep(LOOK_AGAIN_MS);
  }
  return true;
}
