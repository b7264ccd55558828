import type { JsonValue } from '../base/json';
import type { EventContext } from './event';
import { type Field, untyped } from './field';
import type { Hook } from './hook';
import { valueAt } from './provided-values';

/** The name under which bodies hold the context of an event, and conditions name its members. */
const CONTEXT = 'context';
const OF_CONTEXT = `${CONTEXT}.`;

/** The field that a condition is about: a provided one, or a member of the context such as `context.actor`. Undefined if there is none. */
export function conditionField(hook: Hook | undefined, path: string): Field | undefined {
  if (!hook) return undefined;
  if (!isOfContext(path)) return hook.fields.get(path);
  return providesContext(hook) ? hook.fields.get(path) : { ...untyped(path), isOfContext: true };
}

/** Whether a path names a member of the context, unless the hook provides a field of that name. */
function isOfContext(path: string): boolean {
  return path.length > OF_CONTEXT.length && path.startsWith(OF_CONTEXT);
}

/** Whether the hook provides a field `context`, or one inside it. That name then means the field and not the context of the event. */
export function providesContext({ fields }: Pick<Hook, 'fields'>): boolean {
  const known = providing.get(fields);
  if (known !== undefined) return known;
  const provides = [...fields.keys()].some((path) => path === CONTEXT || isOfContext(path));
  providing.set(fields, provides);
  return provides;
}

/** By the fields of a hook, which do not change. */
const providing = new WeakMap<Hook['fields'], boolean>();

/** A member of a context; undefined if it is absent. */
export function contextValue(
  context: EventContext | null | undefined,
  path: string,
): JsonValue | undefined {
  if (!context) return undefined;
  return valueAt(context, path.slice(OF_CONTEXT.length)) as JsonValue | undefined;
}
