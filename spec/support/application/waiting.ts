import { setTimeout as sleep } from 'node:timers/promises';
import type { DeliveryWithAttempts, ModelHooks, Reports } from '../../../lib';

const PATIENCE_MS = 40_000;
const POLL_MS = 10;

/** Resolves with the first `count` outcomes that fit and are stored from now on. */
export function outcomes(
  hooks: ModelHooks,
  count: number,
  fits: (outcome: Reports['outcome']) => boolean = () => true,
): Promise<readonly Reports['outcome'][]> {
  return new Promise((resolve, reject) => {
    const seen: Reports['outcome'][] = [];
    const timer = setTimeout(() => {
      stop();
      reject(new Error(`Expected ${count} outcomes, got ${JSON.stringify(seen)}`));
    }, PATIENCE_MS);
    const stop = hooks.on('outcome', (outcome) => {
      if (fits(outcome)) seen.push(outcome);
      if (seen.length < count) return;
      stop();
      clearTimeout(timer);
      resolve(seen);
    });
  });
}

/** Polls for what no report announces, for at most 40 s. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Timed out waiting until ${what}.`);
    await sleep(POLL_MS);
  }
}

/** Seconds from the time a delivery was stored to its next attempt. */
export function secondsAhead({ nextAt, updatedAt }: DeliveryWithAttempts): number {
  if (!nextAt) throw new Error('The delivery has no next attempt.');
  return (nextAt.getTime() - updatedAt.getTime()) / 1_000;
}
