// npm run chaos [-- --short] [-- --seed N]
//
// Three processes write, commit, roll back and deliver, while they are killed at random and PostgreSQL is restarted twice.
// The exit code is 0 only if each committed event reached its listeners, no event of a rollback was sent, and nothing is left to do.
import { randomInt } from 'node:crypto';
import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import { Chaos } from './chaos';
import { LONG, SHORT } from './forms';
import { printReport } from './report';

const MAX_SEED = 2 ** 31;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { short: { type: 'boolean', default: false }, seed: { type: 'string' } },
  });
  const form = values.short ? SHORT : LONG;
  const seed = values.seed === undefined ? randomInt(MAX_SEED) : Number(values.seed);
  if (!Number.isInteger(seed))
    throw new Error(`--seed must be a whole number, not ${values.seed}.`);
  console.log(`Chaos, ${values.short ? 'short' : 'long'} form. Repeat it with --seed ${seed}.`);
  const chaos = new Chaos(form, seed);
  try {
    const report = await Promise.race([chaos.run(), interruption(), deadline(form.deadlineMs)]);
    printReport(report);
    return report.broken.length === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof Interruption)) throw error;
    return 128 + constants.signals[error.signal];
  } finally {
    await chaos.close();
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

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
