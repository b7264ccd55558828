import type { DataSource, EntityMetadata } from 'typeorm';
import type { HookCatalog } from '../../hook/catalog';
import type { ChangeSource } from '../change-source';
import { junctionsOf } from './links';
import { type DefinitionOptions, isByTriggers } from './options';
import { stopWatching, type Watch, watchStatements } from './watched-runner';

/**
 * The part of trigger capture that runs in this process. The triggers write the events; this sees to it that they are planned at once, and
 * that `hooks.silence()`, `hooks.buffer()` and `hooks.withContext()` reach the triggers.
 */
export class TriggerSource implements ChangeSource {
  constructor(
    private readonly dataSource: DataSource,
    private readonly catalog: HookCatalog,
    private readonly options: Pick<DefinitionOptions, 'capture'>,
    private readonly watch: Omit<Watch, 'tables'>,
  ) {}

  /** Without a hook that triggers capture, nothing is watched. */
  start(): void {
    const hooked = this.catalog.list().filter((hook) => isByTriggers(hook, this.options));
    const tables = tablesWrittenWith(hooked.flatMap(({ metadata }) => metadata ?? []));
    if (tables.size > 0) watchStatements(this.dataSource, { ...this.watch, tables: [...tables] });
  }

  stop(): void {
    stopWatching(this.dataSource);
  }
}

/** The names of these tables, and of those whose writes may change their rows through foreign keys. */
function tablesWrittenWith(entities: readonly EntityMetadata[]): ReadonlySet<string> {
  const found = new Set<EntityMetadata>();
  const add = (metadata: EntityMetadata): void => {
    if (found.has(metadata)) return;
    found.add(metadata);
    for (const { referencedEntityMetadata } of metadata.foreignKeys) add(referencedEntityMetadata);
    for (const junction of junctionsOf(metadata)) found.add(junction);
  };
  entities.forEach(add);
  return new Set([...found].map(({ tableName }) => tableName));
}
