import { isPlainObject, type JsonRecord, type JsonValue } from '../base/json';
import type { HookEvent } from './event';

/** The paths of the fields that a listener gets. A path also stands for all fields below it. Null: all fields. */
export type Selection = readonly string[] | null;

/** Whether a field is selected, by its own path or by a path above it. */
export function isSelected(selection: Selection, field: string): boolean {
  return (
    selection === null || selection.some((path) => path === field || field.startsWith(`${path}.`))
  );
}

/** Whether a listener with this selection gets the event: an update must change one of the selected fields. */
export function concerns(
  selection: Selection,
  { operation, changed }: Pick<HookEvent, 'operation' | 'changed'>,
): boolean {
  // What an update has changed may be a field that this process does not know.
  if (selection === null || operation !== 'update') return true;
  return changed.some((path) => isSelected(selection, path));
}

/** The event as a listener with this selection gets it: with the selected fields in `data`, `previous` and `changed`. */
export function selectedEvent(selection: Selection, event: HookEvent): HookEvent {
  if (selection === null) return event;
  // The data of a schedule is nested as it was given. Other values stand at their whole path.
  const isNested = event.operation === null;
  const narrowed = (values: JsonRecord) =>
    isNested ? selectedWithin(selection, values, '') : selectedValues(selection, values);
  const data = narrowed(event.data);
  return {
    ...event,
    data,
    previous: event.previous && narrowed(event.previous),
    changed: event.changed.filter((path) => Object.hasOwn(data, path)),
  };
}

function selectedValues(selection: Selection, values: JsonRecord): JsonRecord {
  return Object.fromEntries(Object.entries(values).filter(([path]) => isSelected(selection, path)));
}

function selectedWithin(
  selection: readonly string[],
  values: JsonRecord,
  prefix: string,
): JsonRecord {
  const entries = Object.entries(values).flatMap(([name, value]): [string, JsonValue][] => {
    const path = prefix + name;
    if (isSelected(selection, path)) return [[name, value]];
    const isAbove = selection.some((one) => one.startsWith(`${path}.`));
    if (!isAbove || !isPlainObject(value)) return [];
    const inside = selectedWithin(selection, value as JsonRecord, `${path}.`);
    return Object.keys(inside).length > 0 ? [[name, inside]] : [];
  });
  return Object.fromEntries(entries);
}
