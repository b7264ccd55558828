import type { Command } from 'commander';
import { type OutputOptions, printsJson } from './common-options';
import { numberOf } from './number-option';
import { table } from './table';
import type { Terminal } from './terminal';
import { filled } from './values';

export interface PageCommand {
  readonly limit: number;
  readonly cursor?: string;
}

const DEFAULT_LIMIT = 100;
const HIGHEST_LIMIT = 1_000;

export function withPageOptions(command: Command): Command {
  return command
    .option('--limit <N>', 'rows of a page, 1 to 1000', numberOf(1, HIGHEST_LIMIT), DEFAULT_LIMIT)
    .option('--cursor <CURSOR>', 'the nextCursor of the page before', filled);
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

interface Columns<Item> {
  readonly headline: readonly string[];
  readonly rowOf: (item: Item) => readonly string[];
}

/** Prints a page, and how to get the next one. */
export function printPage<Item>(
  page: Page<Item>,
  { headline, rowOf }: Columns<Item>,
  options: OutputOptions,
  terminal: Terminal,
): void {
  if (printsJson(options, terminal)) {
    terminal.print(JSON.stringify(page, null, 2));
    return;
  }
  terminal.print(table(headline, page.items.map(rowOf), terminal.width));
  if (page.nextCursor !== null) terminal.print(`\nThere are more: --cursor ${page.nextCursor}`);
}
