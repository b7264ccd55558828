import { MAX_LEVELS } from '../base/json';
import type { HookRow } from '../hook/options';

/** Values by path as the functions of a hook see them: `home.city` becomes `{ home: { city } }`, frozen, and plain all through. */
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

/** What is nested deeper than anything that is sent stays as it is. */
export function deepFreeze<T>(value: T, levels = MAX_LEVELS): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (levels === 0) return value;
  for (const member of Object.values(value)) deepFreeze(member, levels - 1);
  return Object.freeze(value);
}
