import { isWithin, type JsonRecord, MAX_LEVELS } from '../base/json';
import type { Field } from '../hook/field';

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

/** These fields of a record. One that the record does not have is left out. */
export function picked(fields: readonly Field[], record: JsonRecord): JsonRecord {
  const known = fields.filter(({ path }) => path in record);
  return Object.fromEntries(known.map(({ path }) => [path, record[path] ?? null]));
}
