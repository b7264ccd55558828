import { Command, CommanderError } from 'commander';
import { oneLine } from '../base/one-line';
import { VERSION } from '../base/version';
import { ModelHookError } from '../errors/model-hook-error';
import { addBackfill } from './backfill';
import { addDeliveries } from './deliveries';
import { addDoctor } from './doctor';
import { EXIT, type ExitCode } from './exit-codes';
import type { Invocation } from './invocation';
import { addKeys } from './keys';
import { addListeners } from './listeners';
import { addPrune } from './prune';
import { addReceive } from './receive';
import { addReplay } from './replay';
import { addSend } from './send';
import type { Terminal } from './terminal';
import { addTriggers } from './triggers';
import { addTypes } from './types';
import { UsageError } from './usage-error';
import { addWork } from './work';

/** Runs the command line `model-hooks …`. Resolves with its exit code and never rejects. */
export async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const invocation: Invocation = { terminal, code: EXIT.done };
  try {
    await program(invocation).parseAsync(args, { from: 'user' });
    return invocation.code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    terminal.printError(`error: ${messageOf(error)}`);
    return error instanceof UsageError ? EXIT.usage : EXIT.failed;
  }
}

function program(invocation: Invocation): Command {
  const { terminal } = invocation;
  const command = new Command('model-hooks')
    .description(
      'Looks after the hooks of a TypeORM DataSource. Only `work` captures and sends events.',
    )
    .version(VERSION)
    .showHelpAfterError('Add --help for the options.')
    .addHelpText('after', HELP)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.printError(text.trimEnd()),
    });
  addDoctor(command, invocation);
  addTriggers(command, invocation);
  addWork(command, invocation);
  addListeners(command, invocation);
  addDeliveries(command, invocation);
  addReplay(command, invocation);
  addBackfill(command, invocation);
  addPrune(command, invocation);
  addSend(command, invocation);
  addReceive(command, invocation);
  addTypes(command, invocation);
  addKeys(command, invocation);
  return command;
}

const HELP = `
Examples:
  model-hooks doctor -d src/data-source.ts
  model-hooks triggers -d src/data-source.ts --migration add-triggers
  model-hooks work -d src/data-source.ts
  model-hooks deliveries -d src/data-source.ts --status failed

The file exports the DataSource, and what the application attaches with:
  export const dataSource = new DataSource({ … });
  export const modelHooks = { capture: 'triggers' };      the options of attach, if it has any
  export function register(hooks) { hooks.define(…); }    further hooks, if there are any

Exit codes: 0 done, 1 something failed or is wrong, 2 wrong usage.`;

function messageOf(error: unknown): string {
  // A host with several addresses, of which none answers.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  if (error instanceof ModelHookError) return `${error.code}: ${error.message}`;
  return oneLine(error instanceof Error && error.message ? error.message : String(error));
}
