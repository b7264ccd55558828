import type { DataSource } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata';
import { isPlainObject, type JsonRecord, type JsonValue, toJson } from '../../base/json';
import { type Field, isMany, storedColumn, typeName } from '../../hook/field';
import { isKeptAsText, isParserOfPg, JSON_TEXT, JSON_TYPES, parserOf } from './column-types';
import { outputText } from './output-text';

/**
 * The values of these fields as `find()` gives them, by path: the driver parses them, TypeORM hydrates them, and the column's
 * transformer converts them. A field that the row does not have is left out, and so are those of related entities.
 */
export function decodeRow(
  dataSource: DataSource,
  fields: Iterable<Field>,
  raw: JsonRecord,
): Map<string, unknown> {
  const values = new Map<string, unknown>();
  for (const { path, column, related } of fields) {
    const value = related ? undefined : raw[path];
    if (value !== undefined) values.set(path, column ? decode(dataSource, column, value) : value);
  }
  return values;
}

/** The values of these fields as they are sent. */
export function sentRow(
  dataSource: DataSource,
  fields: Iterable<Field>,
  raw: JsonRecord,
): JsonRecord {
  const values: [string, JsonValue][] = [];
  for (const field of fields) {
    const value = raw[field.path];
    if (value !== undefined) values.push([field.path, sentValue(dataSource, field, value)]);
  }
  return Object.fromEntries(values);
}

function sentValue(dataSource: DataSource, field: Field, raw: JsonValue): JsonValue {
  const column = storedColumn(field);
  if (!column) return toJson(raw);
  if (!field.related) return sent(dataSource, column, raw);
  if (!isMany(field)) return sentRelated(dataSource, column, raw);
  return Array.isArray(raw) ? raw.map((one) => sentRelated(dataSource, column, one)) : null;
}

/** A related row that does not exist has no value. With a transformer, the value of one that does is stored in a list of one. */
function sentRelated(dataSource: DataSource, column: ColumnMetadata, raw: JsonValue): JsonValue {
  if (!column.transformer || !Array.isArray(raw))
    return raw === null ? null : sent(dataSource, column, raw);
  return sent(dataSource, column, raw[0] ?? null);
}

/** One stored value as `find()` gives it. */
export function decode(dataSource: DataSource, column: ColumnMetadata, raw: JsonValue): unknown {
  const value = raw === null ? null : parsed(dataSource, column, raw);
  return dataSource.driver.prepareHydratedValue(value, column);
}

function sent(dataSource: DataSource, column: ColumnMetadata, raw: JsonValue): JsonValue {
  return isKeptAsText(dataSource, column) ? toJson(raw) : toJson(decode(dataSource, column, raw));
}

function parsed(dataSource: DataSource, column: ColumnMetadata, raw: JsonValue): unknown {
  const type = typeName(dataSource, column);
  const parse = parserOf(dataSource, column);
  if (column.isArray) return parse(outputText(raw, type, true));
  if (JSON_TYPES.has(type)) return parsedJson(parse, raw);
  if (typeof raw === 'object' && UNPARSED.has(type)) return raw;
  return parse(outputText(raw, type, false));
}

function parsedJson(parse: (text: string) => unknown, raw: JsonValue): unknown {
  if (isPlainObject(raw) && typeof raw[JSON_TEXT] === 'string') return parse(raw[JSON_TEXT]);
  return isParserOfPg(parse) ? raw : parse(JSON.stringify(raw));
}

/** TypeORM selects geometries as GeoJSON, and parses the values of its own types itself. */
const UNPARSED: ReadonlySet<string> = new Set([
  'geometry',
  'geography',
  'simple-array',
  'simple-json',
]);
