import type { DataSource, EntityMetadata } from 'typeorm';
import type { HookedEntities, HookedEntity } from './hooked-entity';

/** One class whose rows a table holds, with its hooks. */
export interface HookedClass {
  readonly metadata: EntityMetadata;
  readonly hooked: readonly HookedEntity[];
  /** The discriminator of its rows in a single-table inheritance; null if each row of the table is one of the class. */
  readonly discriminator: string | null;
}

/** A table with the hooked classes whose rows it holds. */
export interface HookedTable {
  /** Whose key the rows have. Classes of one table have the same key. */
  readonly metadata: EntityMetadata;
  readonly classes: readonly HookedClass[];
}

/**
 * The hooked tables of a DataSource, by table path. Rows are found by table and not by class: `update(Animal, …)` changes dogs, and a
 * class without a hook can share the table of a hooked one.
 */
export function hookedTables(entities: HookedEntities): ReadonlyMap<string, HookedTable> {
  const tables = new Map<string, HookedTable>();
  for (const [metadata, hooked] of entities) {
    const known = tables.get(metadata.tablePath);
    const own = { metadata, hooked, discriminator: discriminatorOf(metadata) };
    const classes = [...(known?.classes ?? []), own];
    tables.set(metadata.tablePath, { metadata: known?.metadata ?? metadata, classes });
  }
  return tables;
}

/** The text that says of which class a row is; null if all rows are of one class. */
export function discriminatorSql(
  dataSource: DataSource,
  { classes }: HookedTable,
  alias: string,
): string | null {
  const column = classes.find(({ discriminator }) => discriminator !== null)?.metadata
    .discriminatorColumn;
  return column ? `${alias}.${dataSource.driver.escape(column.databaseName)}::text` : null;
}

function discriminatorOf({
  discriminatorColumn,
  discriminatorValue,
}: EntityMetadata): string | null {
  return discriminatorColumn ? String(discriminatorValue) : null;
}
