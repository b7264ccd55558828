import { isWithin, type JsonRecord, MAX_LEVELS, toJson } from '../base/json';
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

/** The provided ones of some values that `find()` gave, as they are sent. */
export function projected(
  fields: readonly Field[],
  values: ReadonlyMap<string, unknown>,
): JsonRecord {
  const known = fields.filter(({ path }) => values.has(path));
  return Object.fromEntries(known.map(({ path }) => [path, toJson(values.get(path))]));
}
