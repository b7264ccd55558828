import { randomInt } from 'node:crypto';
import { constants } from 'node:os';

const MAX_SEED = 2 ** 31;

/** What is supervised: a run that resolves with whether every promise was kept. */
export interface Supervised {
  run(): Promise<boolean>;
  /** Stops everything that was started. It can be called at any time. */
  close(): Promise<void>;
}

/** The seed of `--seed`, or a random one. */
export function seedOf(value: string | undefined): number {
  const seed = value === undefined ? randomInt(MAX_SEED) : Number(value);
  if (!Number.isInteger(seed)) throw new Error(`--seed must be a whole number, not ${value}.`);
  return seed;
}

/** Ends this process with 0 if every promise was kept. A signal and the deadline end the run. */
export function exitAfter(start: () => readonly [work: Supervised, deadlineMs: number]): void {
  supervise(start).then(
    (code) => process.exit(code),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
}

async function supervise(
  start: () => readonly [work: Supervised, deadlineMs: number],
): Promise<number> {
  const [work, deadlineMs] = start();
  try {
    return (await Promise.race([work.run(), interruption(), deadline(deadlineMs)])) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof Interruption)) throw error;
    return 128 + constants.signals[error.signal];
  } finally {
    await work.close();
  }
}

class Interruption extends Error {
  constructor(readonly signal: NodeJS.Signals) {
    super(`Interrupted by ${signal}.`);
  }
}

function interruption(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => reject(new Interruption(signal)));
  });
}

function deadline(afterMs: number): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(
      () => reject(new Error(`The run did not end within ${afterMs} ms.`)),
      afterMs,
    ).unref();
  });
}
