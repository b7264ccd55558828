import { isPlainObject, type JsonRecord, toJson } from '../base/json';
import type { Hook } from './hook';

/**
 * The provided values of the data of `send()`, by path. A value that is missing or undefined is absent. An open hook provides the data as
 * it is given.
 */
export function providedValues(hook: Hook, data: Readonly<Record<string, unknown>>): JsonRecord {
  if (hook.isOpen) return toJson(data) as JsonRecord;
  const values = [...hook.fields.keys()].map((path) => [path, valueAt(data, path)] as const);
  const present = values.filter(([, value]) => value !== undefined);
  return Object.fromEntries(present.map(([path, value]) => [path, toJson(value)]));
}

/** The value at a path of a nested object. A member whose name is the whole path comes first. */
export function valueAt(data: Readonly<Record<string, unknown>>, path: string): unknown {
  if (Object.hasOwn(data, path)) return data[path];
  return path
    .split('.')
    .reduce<unknown>(
      (place, step) =>
        isPlainObject(place) && Object.hasOwn(place, step) ? place[step] : undefined,
      data,
    );
}
