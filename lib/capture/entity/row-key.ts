import { isDate } from 'node:util/types';
import type { DataSource, EntityMetadata, ObjectLiteral } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata';
import { typeName } from '../../hook/field';

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

/** The key in `entityId` of a TypeORM event, which is the plain value if the key has one column. */
export function rowKeyOfId(
  dataSource: DataSource,
  metadata: EntityMetadata,
  entityId: unknown,
): RowKey | null {
  if (entityId === undefined || entityId === null) return null;
  // `ensureEntityIdMap` mistakes a date or bytes for a map of key columns.
  const isValue = isDate(entityId) || ArrayBuffer.isView(entityId);
  const [only] = metadata.primaryColumns;
  const key = isValue && only ? only.createValueMap(entityId) : entityId;
  return rowKey(dataSource, metadata, metadata.ensureEntityIdMap(key));
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
  if (value === null || value === undefined) return null;
  if (isDate(value)) return instantText(value, typeName(dataSource, column));
  if (ArrayBuffer.isView(value)) return `\\x${bytesOf(value).toString('hex')}`;
  return String(value);
}

/** As pg writes it: a column without a time zone stores the local time. */
function instantText(value: Date, type: string): string {
  const offsetMs = type === 'timestamp without time zone' ? value.getTimezoneOffset() * 60_000 : 0;
  return new Date(value.getTime() - offsetMs).toISOString();
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
