// npm run soak [-- --short] [-- --minutes N] [-- --seed N]
//
// One process writes and delivers for minutes to nine kinds of endpoints, while its connections to PostgreSQL are closed or stop
// answering, PostgreSQL is restarted, and the clock of the process is set. The exit code is 0 only if each committed event reached its
// listeners, in order where that is promised, and memory, sockets, connections and tables stayed within their bounds.
import { parseArgs } from 'node:util';
import { exitAfter, seedOf } from '../chaos/supervision';
import { formOf, LONG_MINUTES, SHORT_MINUTES } from './form';
import { printReport } from './report';
import { Soak } from './soak';

exitAfter(() => {
  const { values } = parseArgs({
    options: {
      short: { type: 'boolean', default: false },
      minutes: { type: 'string' },
      seed: { type: 'string' },
    },
  });
  const minutes = Number(values.minutes ?? (values.short ? SHORT_MINUTES : LONG_MINUTES));
  if (!(minutes > 0)) throw new Error(`--minutes must be a number above 0, not ${values.minutes}.`);
  const seed = seedOf(values.seed);
  const form = formOf(minutes);
  console.log(`Soak of ${minutes} min. Repeat it with --seed ${seed}.`);
  const soak = new Soak(form, seed);
  const run = async () => {
    const report = await soak.run();
    printReport(report);
    return report.broken.length === 0;
  };
  return [{ run, close: () => soak.close() }, form.deadlineMs];
});
