import type { DataSource } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata';
import { type JsonValue, sameJson, toJson } from '../../base/json';
import { decode } from './decode';

/**
 * A value that TypeORM loaded, in a form that `decode` turns into the same value as it is sent; undefined if there is none. For nearly
 * all types that is the JSON that is sent. A transformer is not called here: it may have effects, or no inverse.
 */
export function encode(
  dataSource: DataSource,
  column: ColumnMetadata,
  value: unknown,
): JsonValue | undefined {
  if (column.transformer) return undefined;
  const sent = toJson(value);
  try {
    return sameJson(toJson(decode(dataSource, column, sent)), sent) ? sent : undefined;
  } catch {
    return undefined;
  }
}
