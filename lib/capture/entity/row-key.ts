import type { DataSource, EntityMetadata, ObjectLiteral } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata';
import { typeName } from '../../hook/field';
import { parameterText } from './parameter-text';

/** The primary key of a row as the application knows it: one text for each key column. */
export type RowKey = readonly string[];

/** Null if a value of the key is missing. */
export function rowKey(
  dataSource: DataSource,
  metadata: EntityMetadata,
  entity: ObjectLiteral | undefined,
): RowKey | null {
  if (!entity) return null;
  const values = metadata.primaryColumns.map((column) => keyValue(dataSource, column, entity));
  return values.every((value) => value !== null) ? values : null;
}

/** One text for one key, for maps of rows. */
export function keyText(key: RowKey): string {
  return JSON.stringify(key);
}

function keyValue(
  dataSource: DataSource,
  column: ColumnMetadata,
  entity: ObjectLiteral,
): string | null {
  const value: unknown = dataSource.driver.preparePersistentValue(
    column.getEntityValue(entity),
    column,
  );
  return value === null || value === undefined
    ? null
    : parameterText(value, typeName(dataSource, column));
}
