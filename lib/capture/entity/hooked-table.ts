import type { DataSource, EntityMetadata } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata';
import type { RelationMetadata } from 'typeorm/metadata/RelationMetadata';
import type { HookedEntities, HookedEntity } from './hooked-entity';
import { joinColumnsOf } from './related-sql';

/** One class whose rows a table holds, with its hooks. */
export interface HookedClass {
  readonly metadata: EntityMetadata;
  readonly hooked: readonly HookedEntity[];
  /** The discriminator of its rows in a single-table inheritance; null if each row of the table is one of the class. */
  readonly discriminator: string | null;
}

/** A table whose rows make events: of their own classes, or of the rows that they connect. */
export interface HookedTable {
  /** Whose key the rows have. Classes of one table have the same key. */
  readonly metadata: EntityMetadata;
  /** The hooked classes whose rows it holds. */
  readonly classes: readonly HookedClass[];
  /** For a junction table: the tables of those whose events have values of the rows on the other side. */
  readonly owners: readonly OwnerTable[];
}

/** The table of one side of a many-to-many relation. */
export interface OwnerTable {
  readonly table: HookedTable;
  /** The columns of the junction table that refer to it. */
  readonly near: readonly ColumnMetadata[];
}

/**
 * The hooked tables of a DataSource, by table path. Rows are found by table and not by class: `update(Animal, …)` changes dogs, and a
 * class without a hook can share the table of a hooked one.
 */
export function hookedTables(entities: HookedEntities): ReadonlyMap<string, HookedTable> {
  const tables = new Map<string, HookedTable>();
  for (const [metadata, hooked] of entities) addClass(tables, classOf(metadata, hooked));
  for (const [metadata, hooked] of entities)
    for (const relation of metadata.manyToManyRelations) {
      const showing = hooked.filter((one) => shows(one, relation));
      if (showing.length > 0) addOwner(tables, classOf(metadata, showing), relation);
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

/** Whether events have values of rows that refer to the row, so that they are written after it. */
export function showsLaterRows(table: HookedTable): boolean {
  return stepsOf(table).some(({ isWithJoinColumn }) => !isWithJoinColumn);
}

/** Whether events have values of other rows of the table. A statement that writes a row sees them as they were before it. */
export function showsOwnTable(table: HookedTable): boolean {
  const { tablePath } = table.metadata;
  return stepsOf(table).some((step) => step.inverseEntityMetadata.tablePath === tablePath);
}

function stepsOf({ classes }: HookedTable): readonly RelationMetadata[] {
  const fields = classes.flatMap(({ hooked }) => hooked.flatMap(({ columns }) => columns));
  return fields.flatMap(({ related }) => related?.steps ?? []);
}

function shows({ columns }: HookedEntity, relation: RelationMetadata): boolean {
  return columns.some(({ related }) => related?.steps[0] === relation);
}

function classOf(metadata: EntityMetadata, hooked: readonly HookedEntity[]): HookedClass {
  const { discriminatorColumn, discriminatorValue } = metadata;
  return {
    metadata,
    hooked,
    discriminator: discriminatorColumn ? String(discriminatorValue) : null,
  };
}

function addClass(tables: Map<string, HookedTable>, one: HookedClass): void {
  const { metadata } = one;
  const known = tables.get(metadata.tablePath) ?? { metadata, classes: [], owners: [] };
  tables.set(metadata.tablePath, { ...known, classes: [...known.classes, one] });
}

function addOwner(
  tables: Map<string, HookedTable>,
  one: HookedClass,
  relation: RelationMetadata,
): void {
  const metadata = relation.junctionEntityMetadata;
  if (!metadata) return;
  const known = tables.get(metadata.tablePath) ?? { metadata, classes: [], owners: [] };
  const table = { metadata: one.metadata, classes: [one], owners: [] };
  const owner = { table, near: joinColumnsOf(relation).near };
  tables.set(metadata.tablePath, { ...known, owners: [...known.owners, owner] });
}
