import { type Command, Option } from 'commander';
import type { ReplayOptions } from '../delivery/log/replay';
import { ENDED_STATUSES } from '../store/deliveries';
import { given } from './attached';
import { type BulkCommand, runBulk, withBulkOptions } from './bulk';
import type { Invocation } from './invocation';
import { filled, rateOf, timeOf } from './values';

interface ReplayCommand
  extends BulkCommand,
    Pick<ReplayOptions, 'listener' | 'since' | 'until' | 'status' | 'newId'> {
  readonly rate?: number;
}

export function addReplay(program: Command, invocation: Invocation): void {
  const command = program
    .command('replay')
    .summary('send ended deliveries again, the oldest first')
    .description(
      'Marks ended deliveries as due again, the oldest first and in batches; processes that work send them. Without filters, these are ' +
        'all ended deliveries. SIGINT or SIGTERM stops it after a batch: the exit code is then 1, and the cursor to go on with is printed.',
    )
    .option('--listener <ID>', 'only those of this listener', filled)
    .option('--since <TIME>', 'only those created then or later', timeOf)
    .option('--until <TIME>', 'only those created before (default: now)', timeOf)
    .addOption(new Option('--status <STATUS>', 'only those that ended so').choices(ENDED_STATUSES))
    .option('--new-id', 'send each as a new event under new ids')
    .option('--rate <N>', 'the most deliveries a second (default: no limit)', rateOf)
    .addHelpText('after', HELP);
  withBulkOptions(command).action((options: ReplayCommand) => replay(options, invocation));
}

const HELP = `
Example:
  model-hooks replay -d src/data-source.ts --status failed --since 2026-01-31T12:00:00Z --rate 100`;

function replay(options: ReplayCommand, invocation: Invocation): Promise<void> {
  const { listener, since, until, status, newId, rate: maxPerSecond } = options;
  const chosen = given({ listener, since, until, status, newId, maxPerSecond });
  return runBulk(options, invocation, (hooks, bulk) =>
    hooks.deliveries.replay({ ...chosen, ...bulk }),
  );
}
