import { MAX_LEVELS } from '../base/json';
import type { HookRow } from '../hook/options';

/** Values by path as the functions of a hook get them: `home.city` becomes `{ home: { city } }`. The result is plain and frozen. */
export function plainRow(values: ReadonlyMap<string, unknown>): HookRow {
  const row: Record<string, unknown> = {};
  for (const [path, value] of values) {
    const steps = path.split('.');
    const last = steps.pop() ?? path;
    let place = row;
    for (const step of steps) {
      place[step] = { ...(place[step] as object | undefined) };
      place = place[step] as Record<string, unknown>;
    }
    place[last] = value;
  }
  return deepFreeze(row);
}

/** Freezes a value down to a level. Anything nested deeper is never sent and stays as it is. */
export function deepFreeze<T>(value: T, levels = MAX_LEVELS): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (levels === 0) return value;
  for (const member of Object.values(value)) deepFreeze(member, levels - 1);
  return Object.freeze(value);
}
