import type { DataSource } from 'typeorm';
import { type Field, isComputed } from '../../hook/field';
import { storedSql } from './column-types';
import { literal } from './literal';
import { relatedSql } from './related-sql';
import type { TableOf } from './table-sql';

/**
 * SQL of one JSON object by path: the values of these fields of the row `alias`, as the database writes them, and those of related rows,
 * which `tableOf` finds. Events are copied from the row itself, because TypeORM's entity holds false nulls for columns that a partial save
 * left out.
 */
export function objectSql(
  dataSource: DataSource,
  fields: readonly Field[],
  alias: string,
  tableOf?: TableOf,
): string {
  const pairs = fields
    .filter((field) => !isComputed(field))
    .map((field) => `${literal(field.path)}, ${valueSql(dataSource, field, alias, tableOf)}`);
  if (pairs.length <= MAX_PAIRS) return `json_build_object(${pairs.join(', ')})`;
  const groups = inGroups(pairs, MAX_PAIRS).map(
    (group) => `json_build_object(${group.join(', ')})`,
  );
  // The texts of the objects are joined, because `jsonb` refuses values that a column of type `json` can hold.
  const members = groups.map((group) => `substr(left(${group}::text, -1), 2)`);
  return `('{' || ${members.join(` || ', ' || `)} || '}')::json`;
}

function valueSql(
  dataSource: DataSource,
  { path, column, related }: Field,
  alias: string,
  tableOf?: TableOf,
): string {
  if (related) return relatedSql(dataSource, related, alias, tableOf);
  if (!column) throw new TypeError(`The computed field "${path}" has no SQL.`);
  return storedSql(dataSource, column, `${alias}.${dataSource.driver.escape(column.databaseName)}`);
}

// PostgreSQL passes at most 100 arguments to a function.
const MAX_PAIRS = 50;

function inGroups<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, n) => items.slice(n * size, (n + 1) * size));
}
