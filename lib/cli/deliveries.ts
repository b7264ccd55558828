import { type Command, Option } from 'commander';
import type { Delivery } from '../delivery/log/delivery';
import { DELIVERY_STATUSES, type DeliveryStatus } from '../store/deliveries';
import { given, withHooks } from './attached';
import { type CommonOptions, withCommonOptions } from './common-options';
import type { Invocation } from './invocation';
import { type PageCommand, printPage, withPageOptions } from './page';
import { filled, timeOf } from './values';

interface DeliveriesCommand extends CommonOptions, PageCommand {
  readonly listener?: string;
  readonly event?: string;
  readonly status?: DeliveryStatus;
  readonly since?: Date;
  readonly until?: Date;
}

export function addDeliveries(program: Command, invocation: Invocation): void {
  const command = program
    .command('deliveries')
    .summary('print deliveries, the newest first')
    .description(
      'Prints deliveries, the newest first. Replies of receivers and what they returned are left out, because they may be secret.',
    )
    .option('--listener <ID>', 'only those of this listener', filled)
    .option('--event <EVENT>', 'only those of the event with this name or id', filled)
    .addOption(new Option('--status <STATUS>', 'only those with it').choices(DELIVERY_STATUSES))
    .option('--since <TIME>', 'only those created then or later', timeOf)
    .option('--until <TIME>', 'only those created before', timeOf)
    .addHelpText('after', HELP);
  withCommonOptions(withPageOptions(command)).action((options: DeliveriesCommand) =>
    deliveries(options, invocation),
  );
}

const HELP = `
Example:
  model-hooks deliveries -d src/data-source.ts --status failed --since 2026-01-31T12:00:00Z`;

async function deliveries(options: DeliveriesCommand, { terminal }: Invocation): Promise<void> {
  const { listener, event, status, since, until, limit, cursor } = options;
  const where = given({ listener, event, status, since, until, limit, cursor });
  const page = await withHooks(options.dataSource, (hooks) => hooks.deliveries.find(where));
  const shown = { ...page, items: page.items.map(withoutReplies) };
  printPage(shown, { headline: HEADLINE, rowOf }, options, terminal);
}

function withoutReplies({ response: _, retval: __, ...shown }: Delivery) {
  return shown;
}

const HEADLINE = ['ID', 'EVENT', 'LISTENER', 'CREATED', 'STATUS', 'ATTEMPT', 'HTTP', 'REASON'];

function rowOf(delivery: ReturnType<typeof withoutReplies>): readonly string[] {
  const { id, event, listenerId, createdAt, status, attempt, httpStatus, reason } = delivery;
  const ended = [status, `${attempt}`, `${httpStatus ?? '-'}`, reason ?? '-'];
  return [id, event, listenerId, createdAt.toISOString(), ...ended];
}
