import type { DataSource } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata';
import type { JsonRecord, JsonValue } from '../../base/json';
import type { Field } from '../../hook/field';
import { rawType } from './column-types';

/**
 * The values of these fields as `find()` gives them, by path: the driver parses them, TypeORM hydrates them, and the column's
 * transformer converts them. A field that the row does not have is left out.
 */
export function decodeRow(
  dataSource: DataSource,
  fields: Iterable<Field>,
  raw: JsonRecord,
): Map<string, unknown> {
  const values = new Map<string, unknown>();
  for (const { path, column } of fields) {
    const value = raw[path];
    if (value !== undefined) values.set(path, column ? decode(dataSource, column, value) : value);
  }
  return values;
}

/** One stored value as `find()` gives it. */
export function decode(dataSource: DataSource, column: ColumnMetadata, raw: JsonValue): unknown {
  const value = raw === null ? null : rawType(dataSource, column).parse(raw, dataSource);
  return dataSource.driver.prepareHydratedValue(value, column);
}
