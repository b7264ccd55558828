import type { HookCatalog } from '../hook/catalog';
import type { Hook } from '../hook/hook';
import { hasUnreadableHooks } from '../hook/model-hook';
import type { Logger } from '../logging/logger';
import type { Store } from '../store/store';

/**
 * Warns if hooks may have lost their names: a bundler that minifies renames classes, and with them the hooks that are named after their
 * class, so that stored listeners get no events any more. Runs when a process attaches.
 */
export async function warnOfRenamedHooks(
  { listenerHooks }: Pick<Store, 'listenerHooks'>,
  catalog: HookCatalog,
  logger: Pick<Logger, 'warn'>,
): Promise<void> {
  const minified = catalog.list().filter(looksMinified);
  const absent = await listenerHooks.besides(catalog.all().map(({ name }) => name));
  const parts = [
    minified.length > 0 && `Hooks are named after classes that look minified: ${named(minified)}.`,
    absent.length > 0 &&
      `Listeners are stored for hooks that are not attached here: ${absent.join(', ')}. They get events only if another process ` +
        'attaches these hooks, or they are defined later.',
  ].filter((part) => part !== false);
  if (parts.length > 0)
    logger.warn(
      `${parts.join(' ')} Give hooks a \`name\`, so that they keep it when a class is renamed.`,
    );
  if (hasUnreadableHooks())
    logger.warn(
      'Another release of typeorm-model-hooks in this process has declared hooks that this one cannot read: install one release only.',
    );
}

/** One or two letters, as minifiers name classes, and no `name` that keeps the hook's. */
function looksMinified({ metadata, declared }: Hook): boolean {
  return metadata !== null && declared.name === undefined && metadata.name.length <= 2;
}

function named(hooks: readonly Hook[]): string {
  return hooks.map(({ name, metadata }) => `"${name}" (table ${metadata?.tableName})`).join(', ');
}
