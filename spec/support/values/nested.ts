import type { JsonValue } from '../../../lib/base/json';

export function nestedLists(levels: number): JsonValue {
  return nest(levels, (inner) => [inner]);
}

export function nestedObjects(levels: number): JsonValue {
  return nest(levels, (inner) => ({ a: inner }));
}

function nest(levels: number, around: (inner: JsonValue) => JsonValue): JsonValue {
  let value: JsonValue = 1;
  for (let level = 0; level < levels; level += 1) value = around(value);
  return value;
}

/** The JSON text of nested lists, at depths that `JSON.stringify` cannot write. */
export function nestedText(levels: number): string {
  return '['.repeat(levels) + ']'.repeat(levels);
}
