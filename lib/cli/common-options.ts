import type { Command } from 'commander';
import type { Terminal } from './terminal';

/** The options of every command. */
export interface CommonOptions {
  readonly dataSource: string;
  readonly json?: boolean;
}

export function withCommonOptions(command: Command): Command {
  return command
    .requiredOption(
      '-d, --data-source <FILE>',
      'the file that exports the DataSource (.ts, .js, .mjs, .cjs)',
    )
    .option('--json', 'print JSON; the default where the output is no terminal')
    .option('--no-json', 'print a table');
}

export function printsJson({ json }: CommonOptions, { isInteractive }: Terminal): boolean {
  return json ?? !isInteractive;
}
