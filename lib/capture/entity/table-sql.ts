import type { DataSource, EntityMetadata } from 'typeorm';

/** SQL of the rows of a class: the name of its table, or a subselect. */
export type TableOf = (metadata: EntityMetadata) => string;

/**
 * The quoted name of the table or view of a class, with its schema. An entity that names no schema is in that of the search path, or in
 * `schema` where one is given.
 */
export function tableSql(
  dataSource: DataSource,
  { tablePath }: EntityMetadata,
  schema?: string,
): string {
  const path =
    schema === undefined || tablePath.includes('.') ? tablePath : `${schema}.${tablePath}`;
  return path
    .split('.')
    .map((part) => dataSource.driver.escape(part))
    .join('.');
}
