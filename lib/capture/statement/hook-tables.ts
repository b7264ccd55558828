import type { DataSource } from 'typeorm';
import type { HookCatalog } from '../../hook/catalog';
import { isComputed } from '../../hook/field';
import type { Hook } from '../../hook/hook';
import { type HookedEntities, hookedEntities, relatedTables } from '../entity/hooked-entity';
import { type HookedTable, hookedTables } from '../entity/hooked-table';
import {
  canReadRows,
  readable,
  TableCatalog,
  type TableFacts,
  type TableReader,
} from '../entity/table-facts';
import type { RowContext } from './row-sql';

/** The rows of a hook cannot be read as they are. The message names tables and columns only. */
export class UnreadableRowsError extends Error {}

/** The tables that the rows of hooks are read from, each with the classes that have the hook. */
export class HookTables {
  readonly #entities: HookedEntities;
  readonly #tables: TableCatalog;
  readonly #ofHook = new Map<Hook, HookedTable>();

  constructor(
    private readonly dataSource: DataSource,
    catalog: HookCatalog,
  ) {
    this.#entities = hookedEntities(dataSource, catalog);
    const related = relatedTables(this.#entities);
    this.#tables = new TableCatalog(dataSource, [...this.#entities.keys()], related);
  }

  /** Rejects with `UnreadableRowsError` if the values of events cannot all be read. */
  async contextOf(database: TableReader, hook: Hook): Promise<RowContext> {
    const table = this.of(hook);
    await this.#tables.load(database, table.metadata);
    const facts = this.#tables.get(table.metadata);
    checkReadable(hook, table, facts);
    return { dataSource: this.dataSource, table, facts };
  }

  /** The table of the classes that have the hook. */
  of(hook: Hook): HookedTable {
    const known = this.#ofHook.get(hook);
    if (known) return known;
    const own = [...this.#entities].map(
      ([metadata, hooked]) => [metadata, hooked.filter((one) => one.hook === hook)] as const,
    );
    const tables = hookedTables(new Map(own.filter(([, hooked]) => hooked.length > 0)));
    const table = tables.get(hook.metadata?.tablePath ?? '');
    if (!table) throw new UnreadableRowsError(`the hook "${hook.name}" has no table`);
    this.#ofHook.set(hook, table);
    return table;
  }

  /** A column may have been dropped or added: the tables are looked up again. */
  outdate(): void {
    this.#tables.outdate();
  }
}

/** Row security is active for the role of this process, whatever its policies are. */
export function hiddenRows({ name }: Hook): UnreadableRowsError {
  return new UnreadableRowsError(
    `row security is active for the role of this process, and may hide rows of the hook "${name}"`,
  );
}

/** A value that is not read would look like one that is absent, and conditions on it would not hold. */
function checkReadable(
  { name }: Hook,
  { metadata, classes }: HookedTable,
  facts: TableFacts | undefined,
): asserts facts is TableFacts {
  const place = `the table ${metadata.tablePath} of the hook "${name}"`;
  if (!facts) throw new UnreadableRowsError(`${place} was not found`);
  const fields = classes.flatMap(({ hooked }) => hooked.flatMap((one) => one.provided));
  const stored = fields.filter((field) => !isComputed(field));
  const known = new Set(readable(stored, facts));
  const missing = stored.filter((field) => !known.has(field)).map(({ path }) => path);
  if (missing.length > 0 || !canReadRows(metadata, facts))
    throw new UnreadableRowsError(`${place} lacks columns that may be read: ${missing.join(', ')}`);
}
