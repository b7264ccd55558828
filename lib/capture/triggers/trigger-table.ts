import type { DataSource, EntityMetadata } from 'typeorm';
import { OptionInvalidError } from '../../errors/option-errors';
import type { HookCatalog } from '../../hook/catalog';
import type { Hook } from '../../hook/hook';
import type { TruncateAction } from '../../hook/options';
import { type HookedEntities, type HookedEntity, hookedEntities } from '../entity/hooked-entity';
import { type DefinitionOptions, isByTriggers } from './options';

/** A hook that triggers capture, and its table. */
export interface TriggerTable {
  readonly hook: Hook;
  readonly metadata: EntityMetadata;
  /** The classes whose rows the hook is about: several in a single-table inheritance. */
  readonly classes: readonly HookedEntity[];
  /** Classes of the table whose rows the hook is not about. */
  readonly others: readonly EntityMetadata[];
  readonly truncate: TruncateAction;
}

/** The hooks that triggers capture, in the order of their declaration. Throws `OPTION_INVALID` for the hook of a view. */
export function triggerTables(
  dataSource: DataSource,
  catalog: HookCatalog,
  options: DefinitionOptions,
): readonly TriggerTable[] {
  const hooked = [...hookedEntities(dataSource, catalog).values()].flat();
  const hooks = catalog.list().filter((hook) => isByTriggers(hook, options));
  return hooks.flatMap((hook) => {
    const { metadata } = hook;
    if (metadata === null) return [];
    if (metadata.tableType === 'view')
      throw new OptionInvalidError(
        'capture',
        "'subscribers', because a view has no triggers",
        `hook "${hook.name}"`,
      );
    const classes = hooked.filter((one) => one.hook === hook);
    const own = new Set(classes.map((one) => one.metadata));
    const others = classesOf(dataSource, metadata).filter((one) => !own.has(one));
    return [{ hook, metadata, classes, others, truncate: truncateOf(hook, options) }];
  });
}

/** Without the hooks that triggers capture, and without classes that have no other hook. */
export function withoutTriggers(
  entities: HookedEntities,
  options: Pick<DefinitionOptions, 'capture'>,
): HookedEntities {
  const others = [...entities].map(
    ([metadata, hooked]) =>
      [metadata, hooked.filter(({ hook }) => !isByTriggers(hook, options))] as const,
  );
  return new Map(others.filter(([, hooked]) => hooked.length > 0));
}

/** The classes that share a table. */
function classesOf(
  { entityMetadatas }: DataSource,
  { tablePath }: EntityMetadata,
): readonly EntityMetadata[] {
  return entityMetadatas.filter((one) => one.tablePath === tablePath && one.discriminatorColumn);
}

function truncateOf({ declared }: Hook, { truncate }: DefinitionOptions): TruncateAction {
  return declared.truncate ?? truncate;
}
