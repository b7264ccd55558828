import type { Command } from 'commander';
import type { Terminal } from './terminal';

/** The option of every command. */
export interface OutputOptions {
  readonly json?: boolean;
}

/** The options of every command that uses a DataSource. */
export interface CommonOptions extends OutputOptions {
  readonly dataSource: string;
}

export function withCommonOptions(command: Command): Command {
  return withOutputOptions(
    command.requiredOption(
      '-d, --data-source <FILE>',
      'the file that exports the DataSource (.ts, .js, .mjs, .cjs)',
    ),
  );
}

export function withOutputOptions(command: Command): Command {
  return command
    .option('--json', 'print JSON; the default where the output is no terminal')
    .option('--no-json', 'print a table');
}

export function printsJson({ json }: OutputOptions, { isInteractive }: Terminal): boolean {
  return json ?? !isInteractive;
}
