// npm run chaos [-- --short] [-- --seed N]
//
// Three processes write, commit, roll back and deliver, while they are killed at random and PostgreSQL is restarted twice.
// The exit code is 0 only if each committed event reached its listeners, no event of a rollback was sent, and nothing is left to do.
import { parseArgs } from 'node:util';
import { Chaos } from './chaos';
import { LONG, SHORT } from './forms';
import { printReport } from './report';
import { exitAfter, seedOf } from './supervision';

exitAfter(() => {
  const { values } = parseArgs({
    options: { short: { type: 'boolean', default: false }, seed: { type: 'string' } },
  });
  const form = values.short ? SHORT : LONG;
  const seed = seedOf(values.seed);
  console.log(`Chaos, ${values.short ? 'short' : 'long'} form. Repeat it with --seed ${seed}.`);
  const chaos = new Chaos(form, seed);
  const run = async () => {
    const report = await chaos.run();
    printReport(report);
    return report.broken.length === 0;
  };
  return [{ run, close: () => chaos.close() }, form.deadlineMs];
});
