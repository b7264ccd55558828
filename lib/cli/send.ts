import type { Command } from 'commander';
import { given, withHooks } from './attached';
import { type CommonOptions, printsJson, withCommonOptions } from './common-options';
import type { Invocation } from './invocation';
import { UsageError } from './usage-error';
import { filled } from './values';

interface SendCommand extends CommonOptions {
  readonly ref?: string;
  readonly sender?: string;
}

export function addSend(program: Command, invocation: Invocation): void {
  const command = program
    .command('send')
    .summary('store an event of a defined hook, which processes that work send')
    .description(
      'Stores an event of a hook that `register(hooks)` defines, and prints its id. Processes that work send it; the command does not wait.',
    )
    .argument('<HOOK>', 'the name of the hook', filled)
    .argument('<JSON>', "the event's data, a JSON object")
    .option('--ref <REFERENCE>', 'the reference of the event', filled)
    .option('--sender <SENDER>', 'the sender of the event', filled)
    .addHelpText('after', HELP);
  withCommonOptions(command).action((hook: string, json: string, options: SendCommand) =>
    send({ hook, data: dataOf(json) }, options, invocation),
  );
}

const HELP = `
Example:
  model-hooks send alarm '{"room":"12"}' -d src/data-source.ts --ref order-7`;

type Data = Readonly<Record<string, unknown>>;

/** The message does not repeat the text, which may be secret. */
function dataOf(json: string): Data {
  try {
    const data: unknown = JSON.parse(json);
    if (typeof data === 'object' && data !== null && !Array.isArray(data)) return data as Data;
  } catch {
    // Refused below, like any other text that is no object.
  }
  throw new UsageError('The argument JSON must be a JSON object, such as \'{"room":"12"}\'.');
}

interface Sent {
  readonly hook: string;
  readonly data: Data;
}

async function send(
  { hook, data }: Sent,
  options: SendCommand,
  { terminal }: Invocation,
): Promise<void> {
  const { ref, sender } = options;
  const id = await withHooks(options.dataSource, (hooks) =>
    hooks.send(hook, data, given({ ref, sender })),
  );
  terminal.print(printsJson(options, terminal) ? JSON.stringify({ id }) : id);
}
