import type { Command } from 'commander';
import { given } from './attached';
import { type BulkCommand, runBulk, withBulkOptions } from './bulk';
import type { Invocation } from './invocation';
import { filled, rateOf } from './values';

interface BackfillCommand extends BulkCommand {
  readonly rate?: number;
}

export function addBackfill(program: Command, invocation: Invocation): void {
  const command = program
    .command('backfill')
    .summary('send the rows that exist now to a listener')
    .description(
      'Stores an event for each row that exists now and matches the conditions of the listener, in batches; processes that work send them. ' +
        'SIGINT or SIGTERM stops it after a batch: the exit code is then 1, and the cursor to go on with is printed.',
    )
    .argument('<ID>', 'the id of the listener', filled)
    .option('--rate <N>', 'the most events a second (default: no limit)', rateOf)
    .addHelpText('after', HELP);
  withBulkOptions(command).action((id: string, options: BackfillCommand) =>
    backfill(id, options, invocation),
  );
}

const HELP = `
Example:
  model-hooks backfill 0198c0de-0000-7000-8000-000000000000 -d src/data-source.ts --rate 100`;

function backfill(id: string, options: BackfillCommand, invocation: Invocation): Promise<void> {
  const chosen = given({ maxPerSecond: options.rate });
  return runBulk(options, invocation, (hooks, bulk) =>
    hooks.listeners.backfill(id, { ...chosen, ...bulk }),
  );
}
