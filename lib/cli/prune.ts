import type { Command } from 'commander';
import { given } from './attached';
import { type BulkCommand, runBulk, withBulkOptions } from './bulk';
import type { Invocation } from './invocation';
import { ageMs } from './values';

interface PruneCommand extends BulkCommand {
  readonly events?: number;
  readonly deliveries?: number;
}

export function addPrune(program: Command, invocation: Invocation): void {
  const command = program
    .command('prune')
    .summary('delete old deliveries and events that have ended')
    .description(
      'Deletes old deliveries that have ended, then old events whose deliveries have all ended, in batches. Processes that work do the same in ' +
        'the background. SIGINT or SIGTERM stops it after a batch: the exit code is then 1, and the cursor to go on with is printed.',
    )
    .option('--events <AGE>', `delete older events; ${AGES}`, ageMs)
    .option('--deliveries <AGE>', `delete older deliveries; ${AGES}`, ageMs)
    .addHelpText('after', HELP);
  withBulkOptions(command).action((options: PruneCommand) => prune(options, invocation));
}

const AGES = 'an age such as 7d, 12h or 30m, or never (default: as `retention` says)';

const HELP = `
Example:
  model-hooks prune -d src/data-source.ts --deliveries 7d --events never`;

function prune(options: PruneCommand, invocation: Invocation): Promise<void> {
  const ages = given({ eventsMs: options.events, deliveriesMs: options.deliveries });
  return runBulk(options, invocation, (hooks, bulk) =>
    hooks.deliveries.prune({ ...ages, ...bulk }),
  );
}
