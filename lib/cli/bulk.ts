import type { Command } from 'commander';
import type { ModelHooks } from '../model-hooks';
import type { BulkOptions, BulkResult } from '../options/bulk';
import { given, withHooks } from './attached';
import { type CommonOptions, printsJson, withCommonOptions } from './common-options';
import { EXIT } from './exit-codes';
import type { Invocation } from './invocation';
import { numberOf } from './number-option';
import { ProgressBar } from './progress-bar';
import { StopSignals } from './stop-signals';
import { filled } from './values';

/** A command that works in batches, and can be stopped and go on later. */
export interface BulkCommand extends CommonOptions {
  readonly limit?: number;
  readonly cursor?: string;
}

export function withBulkOptions(command: Command): Command {
  const bulk = command
    .option('--limit <N>', 'stop after this number (default: no limit)', numberOf(1))
    .option(
      '--cursor <CURSOR>',
      'go on where an earlier call ended; give its other options again',
      filled,
    );
  return withCommonOptions(bulk);
}

type Bulk = (hooks: ModelHooks, options: BulkOptions) => Promise<BulkResult>;

/**
 * Does bulk work until it ends or a signal stops it after the present batch, and prints the result. The exit code is 1 if it was stopped
 * before its end. If it fails, the cursor of the last batch is printed too.
 */
export async function runBulk(
  options: BulkCommand,
  invocation: Invocation,
  bulk: Bulk,
): Promise<void> {
  const { terminal } = invocation;
  const stop = new AbortController();
  const signals = new StopSignals(invocation);
  void signals.first.then(() => stop.abort());
  const bar = new ProgressBar(terminal.progress, options.limit);
  let last: BulkResult | undefined;
  try {
    const result = await withHooks(options.dataSource, (hooks) =>
      bulk(hooks, {
        ...given({ limit: options.limit, cursor: options.cursor }),
        signal: stop.signal,
        onProgress: (progress) => {
          last = progress;
          bar.update(progress.count);
        },
      }),
    );
    bar.end();
    print(result, options, invocation);
    if (stop.signal.aborted && result.cursor !== null) invocation.code = EXIT.failed;
  } catch (error) {
    bar.end();
    if (last) terminal.printError(textOf(last));
    throw error;
  } finally {
    signals.end();
  }
}

function print(result: BulkResult, options: BulkCommand, { terminal }: Invocation): void {
  terminal.print(printsJson(options, terminal) ? JSON.stringify(result) : textOf(result));
}

function textOf({ count, cursor }: BulkResult): string {
  const rest = cursor === null ? 'Nothing is left.' : `To go on: --cursor ${cursor}`;
  return `Done: ${count}. ${rest}`;
}
