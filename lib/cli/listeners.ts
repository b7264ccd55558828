import type { Command } from 'commander';
import type { Listener } from '../listener/declared/listener';
import { isTarget, originOf, parseTarget } from '../listener/declared/target';
import { given, withHooks } from './attached';
import { type CommonOptions, withCommonOptions } from './common-options';
import type { Invocation } from './invocation';
import { type PageCommand, printPage, withPageOptions } from './page';
import { UsageError } from './usage-error';
import { filled } from './values';

interface ListenersCommand extends CommonOptions, PageCommand {
  readonly hook?: string;
  readonly pattern?: string;
  readonly owner?: string;
  readonly key?: string;
  readonly target?: string;
  readonly active?: true;
  readonly inactive?: true;
}

export function addListeners(program: Command, invocation: Invocation): void {
  const command = program
    .command('listeners')
    .summary('print listeners, the newest first')
    .description(
      'Prints listeners, the newest first. What may be secret is left out: of a URL only its origin is printed, of headers only their names.',
    )
    .option('--hook <NAME>', 'only those of this hook', filled)
    .option('--pattern <NAME>', 'only those of this event name or wildcard', filled)
    .option('--owner <OWNER>', 'only those of this owner', filled)
    .option('--key <KEY>', 'only the one with this key', filled)
    .option('--target <URL>', 'only those with exactly this target')
    .option('--active', 'only those that are active')
    .option('--inactive', 'only those that are not active')
    .addHelpText('after', HELP);
  withCommonOptions(withPageOptions(command)).action((options: ListenersCommand) =>
    listeners(options, invocation),
  );
}

const HELP = `
Example:
  model-hooks listeners -d src/data-source.ts --hook person --inactive`;

async function listeners(options: ListenersCommand, { terminal }: Invocation): Promise<void> {
  const { hook, pattern, owner, key, target, limit, cursor } = options;
  if (options.active && options.inactive)
    throw new UsageError('Give at most one of --active, --inactive.');
  const active = options.active ?? (options.inactive ? false : undefined);
  const page = await withHooks(options.dataSource, (hooks) =>
    hooks.listeners.page(
      given({ hook, pattern, owner, key, target, active }),
      given({ limit, cursor }),
    ),
  );
  const shown = { ...page, items: page.items.map(withoutSecrets) };
  printPage(shown, { headline: HEADLINE, rowOf }, options, terminal);
}

/** Each member is named here, so that a new one is not printed before it is known to hold no secret. */
function withoutSecrets(listener: Listener) {
  const { id, hook, pattern, operations, target, match, headers, owner, key } = listener;
  const { select, signature, ordered, maxPerSecond, active, inactiveReason } = listener;
  const { inactiveSince, pausedUntil, createdAt, updatedAt } = listener;
  return {
    ...{ id, hook, pattern, operations, target: shownTarget(target), owner, key },
    conditions: match.map(({ field, operator }) => `${field} ${operator}`),
    headers: Object.keys(headers),
    ...{ select, signature, ordered, maxPerSecond, active, inactiveReason },
    ...{ inactiveSince, pausedUntil },
    ...{ createdAt, updatedAt },
  };
}

type ShownListener = ReturnType<typeof withoutSecrets>;

/** Paths and queries of webhook URLs are often secret. */
function shownTarget(target: string): string {
  return isTarget(target) ? originOf(parseTarget(target)) : '(not valid)';
}

const HEADLINE = ['ID', 'HOOK', 'OPERATIONS', 'TARGET', 'OWNER', 'STATE'];

function rowOf(listener: ShownListener): readonly string[] {
  const { id, hook, pattern, operations, target, owner, inactiveReason } = listener;
  const state = listener.active ? 'active' : `inactive: ${inactiveReason ?? 'no reason'}`;
  const paused = listener.pausedUntil ? `, paused until ${listener.pausedUntil.toISOString()}` : '';
  const asked = operations?.join(',') ?? 'all';
  return [id, hook ?? pattern ?? '-', asked, target, owner ?? '-', `${state}${paused}`];
}
