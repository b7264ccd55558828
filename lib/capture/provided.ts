import type { DataSource } from 'typeorm';
import { isWithin, type JsonRecord, MAX_LEVELS, toJson } from '../base/json';
import type { Field } from '../hook/field';
import { sentLoaded } from './entity/encode';

/** The provided values of a row as the database wrote it. A value that is too deep for JSON becomes null. */
export function provided(fields: readonly Field[], raw: JsonRecord): JsonRecord {
  return Object.fromEntries(
    fields.flatMap(({ path }) => {
      const value = raw[path];
      if (value === undefined) return [];
      return [[path, isWithin(value, MAX_LEVELS) ? value : null] as const];
    }),
  );
}

/** These fields of values that TypeORM loaded, as they are sent. */
export function projected(
  dataSource: DataSource,
  fields: readonly Field[],
  values: ReadonlyMap<string, unknown>,
): JsonRecord {
  const known = fields.filter(({ path }) => values.has(path));
  return Object.fromEntries(
    known.map(({ path, column }) => {
      const value = values.get(path);
      return [path, column ? sentLoaded(dataSource, column, value) : toJson(value)];
    }),
  );
}

/** These fields of a record. One that the record does not have is left out. */
export function picked(fields: readonly Field[], record: JsonRecord): JsonRecord {
  const known = fields.filter(({ path }) => path in record);
  return Object.fromEntries(known.map(({ path }) => [path, record[path] ?? null]));
}
