import type { DataSource } from 'typeorm';
import { type JsonRecord, sameJson } from '../../base/json';
import type { HookEvent } from '../../hook/event';
import type { Hook } from '../../hook/hook';
import type { Operation } from '../../hook/operation';
import type { EventRow } from '../../store/events';
import { sentRow } from '../entity/decode';

/**
 * A stored event as it is delivered: decoded, and reduced to the fields that the hook provides today. A field that was taken out of
 * `provides` is not sent any more, even from events that are stored already. What a transformer throws is thrown.
 */
export function toEvent(
  dataSource: DataSource,
  hook: Hook,
  row: Omit<
    EventRow,
    'targets' | 'row_id' | 'sequence' | 'shape' | 'due_at' | 'age_ms' | 'context' | 'trace'
  > &
    Partial<Pick<EventRow, 'due_at' | 'context' | 'trace'>>,
): HookEvent {
  const data = hook.isOpen ? row.data : sentRow(dataSource, hook.fields.values(), row.data);
  const previous = row.previous && { ...data, ...previousValues(dataSource, hook, row) };
  return {
    id: row.id,
    hook: row.hook,
    name: row.event,
    operation: row.operation,
    ref: row.ref,
    sender: row.sender,
    headers: row.headers ?? {},
    occurredAt: row.occurred_at,
    ...(row.due_at && { dueAt: row.due_at }),
    data,
    previous,
    changed: changedFields(row.operation, data, previous),
    ...(row.context && { context: row.context }),
    ...(row.trace && { trace: row.trace }),
  };
}

/** An update that changed no provided field is not delivered. */
export function isEmptyUpdate({ operation, changed }: HookEvent): boolean {
  return operation === 'update' && changed.length === 0;
}

/** Whether an update changed a field that this process does not know. Such fields are compared as they are stored. */
export function hasUnknownChange(
  { data, previous }: Pick<EventRow, 'data' | 'previous'>,
  unknownFields: ReadonlySet<string>,
): boolean {
  if (previous === null || unknownFields.size === 0) return false;
  const changed = Object.keys(previous).filter((path) => !sameJson(data[path], previous[path]));
  return changed.some((path) => unknownFields.has(path));
}

function previousValues(
  dataSource: DataSource,
  hook: Hook,
  { previous, raw_previous }: Pick<EventRow, 'previous' | 'raw_previous'>,
): JsonRecord {
  const values = previous ?? {};
  if (raw_previous) return sentRow(dataSource, hook.fields.values(), values);
  return Object.fromEntries(Object.entries(values).filter(([path]) => hook.fields.has(path)));
}

function changedFields(
  operation: Operation | null,
  data: JsonRecord,
  previous: JsonRecord | null,
): readonly string[] {
  if (operation === 'remove') return [];
  const paths = Object.keys(data);
  return previous ? paths.filter((path) => !sameJson(data[path], previous[path])) : paths;
}
