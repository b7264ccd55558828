import type { DataSource, EntityMetadata } from 'typeorm';
import { typeName } from '../../hook/field';
import type { Hook } from '../../hook/hook';
import type { HookedEntity } from '../entity/hooked-entity';
import { objectSql } from '../entity/object-sql';
import { rowKeyTextsSql } from '../entity/row-id';
import { literal } from './literal';
import type { TriggerTable } from './trigger-table';

/**
 * Alias of the rows that a trigger gets. If a column was dropped or renamed, the error that the write gets is `column <alias>.<column>
 * does not exist`, so that it says what to do. An exception handler would make a subtransaction of each statement.
 */
export const ROW = '"typeorm-model-hooks (run: model-hooks triggers --install)"';

/** The condition that a row is of a class that the hook is about. Empty if all rows of the table are. */
export function ofHookSql(dataSource: DataSource, { metadata, classes, others }: TriggerTable) {
  if (others.length === 0) return '';
  const isWhole = classes.some((one) => one.metadata.tableType !== 'entity-child');
  const type = discriminatorSql(dataSource, metadata);
  const names = (list: readonly EntityMetadata[]) => list.map(nameOf).join(', ');
  // A row of a class that the application does not know is one of the parent.
  if (isWhole) return ` WHERE (${type} IS NULL OR ${type} NOT IN (${names(others)}))`;
  return ` WHERE ${type} IN (${names(classes.map((one) => one.metadata))})`;
}

/** What the hook provides of a row, as one JSON object. */
export function dataSql(dataSource: DataSource, table: TriggerTable): string {
  return byClass(dataSource, table, ({ provided }) => objectSql(dataSource, provided, ROW));
}

/** The columns that functions and conditions of the hook need, as one JSON object; null if the hook has none. */
export function columnsSql(dataSource: DataSource, table: TriggerTable): string | null {
  if (!table.classes.some(({ needsRow }) => needsRow)) return null;
  return byClass(dataSource, table, ({ columns }) => objectSql(dataSource, columns, ROW));
}

/** The discriminator of the class of a row, as text. */
export function classSql(dataSource: DataSource, table: TriggerTable): string {
  return byClass(dataSource, table, ({ metadata }) => `${nameOf(metadata)}::text`);
}

/** The key of a row as the texts that its row id is made of. */
export function keyTextsSql(dataSource: DataSource, { metadata }: TriggerTable): readonly string[] {
  return rowKeyTextsSql(dataSource, metadata, ROW);
}

/** The key of a row, in a form whose values can be compared with the operators of PostgreSQL itself. */
export function keyValuesSql(
  dataSource: DataSource,
  { metadata }: TriggerTable,
): readonly string[] {
  return metadata.primaryColumns.map((column) => {
    const name = `${ROW}.${dataSource.driver.escape(column.databaseName)}`;
    return FOREIGN_TYPES.has(typeName(dataSource, column)) ? `${name}::text` : name;
  });
}

/** Whether the row is marked as removed; null if the entity has no delete date. */
export function markSql(dataSource: DataSource, { classes }: TriggerTable): string | null {
  const dates = classes.map(({ metadata }) => metadata.deleteDateColumn);
  const column = dates.find((one) => one !== undefined);
  return column ? `${ROW}.${dataSource.driver.escape(column.databaseName)} IS NOT NULL` : null;
}

/** The functions and conditions of a hook that are evaluated when its events are planned. */
export function needsOf({ declared, when }: Hook): readonly string[] {
  const { compute, ref, sender, headers, resolve } = declared;
  return [
    ...(when.length > 0 ? ['when'] : []),
    ...(compute ? ['compute'] : []),
    ...(ref ? ['ref'] : []),
    ...(sender ? ['sender'] : []),
    ...(typeof headers === 'function' ? ['headers'] : []),
    ...(resolve ? ['resolve'] : []),
  ];
}

/** Types of extensions. Their operators are in a schema that the functions do not search. */
const FOREIGN_TYPES: ReadonlySet<string> = new Set(['citext', 'ltree', 'hstore', 'cube']);

function byClass(
  dataSource: DataSource,
  { metadata, classes }: TriggerTable,
  sqlOf: (one: HookedEntity) => string,
): string {
  const root = classes.find((one) => one.metadata.tableType !== 'entity-child');
  const last = root ?? classes.at(-1);
  if (!last) throw new Error(`No class of ${metadata.name} is hooked.`);
  const cases = classes
    .filter((one) => one !== last)
    .map((one) => `WHEN ${nameOf(one.metadata)} THEN ${sqlOf(one)}`);
  if (cases.length === 0) return sqlOf(last);
  const type = discriminatorSql(dataSource, metadata);
  return `CASE ${type} ${cases.join(' ')} ELSE ${sqlOf(last)} END`;
}

function discriminatorSql({ driver }: DataSource, { discriminatorColumn }: EntityMetadata): string {
  return `${ROW}.${driver.escape(discriminatorColumn?.databaseName ?? 'type')}::text`;
}

function nameOf({ discriminatorValue, name }: EntityMetadata): string {
  return literal(discriminatorValue ?? name);
}
