import type { DataSource, EntityMetadata } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { type JsonRecord, sameJson, toJson } from '../../base/json';
import { eventExtras } from '../../capture/extras';
import { settled } from '../../capture/settled';
import type { HookEvent } from '../../hook/event';
import { columnFields, type Field, isComputed } from '../../hook/field';
import { eventName, type Hook, providedFields } from '../../hook/hook';
import type { Operation } from '../../hook/operation';
import type { HookRow } from '../../hook/options';
import { pathsOfRef } from '../../hook/ref-template';
import type { PlannedWrite } from './persisting';
import {
  copiedRow,
  deepCopy,
  type RowSources,
  rowAfter,
  rowBefore,
  sentValues,
} from './row-values';

/**
 * What a veto gets: the event that the write will make, as far as it is known before the write. Values that the database generates, and
 * those of relations that the caller has not loaded, are absent. `id` is that of the question; the event that is stored later has another one.
 */
export interface VetoEvent extends HookEvent {
  readonly operation: Operation;
  /** A plain copy of all known columns of the entity, provided or not. */
  readonly row: HookRow;
}

/** A copy of what will be written. The veto may change it, which changes nothing. */
export function questionOf(dataSource: DataSource, hook: Hook, write: PlannedWrite): VetoEvent {
  const { operation, subject } = write;
  const { metadata, entity } = subject;
  const { fields, columns } = fieldsOf(dataSource, hook, metadata);
  const provided = (row: HookRow, sources: RowSources, holder = entity): JsonRecord => ({
    ...sentValues(dataSource, fields, sources, holder),
    ...computed(hook, fields, row),
  });
  const after = rowAfter(write);
  const row = copiedRow(columns, after);
  const data = provided(row, after);
  const before = rowBefore(subject);
  const hasPrevious = operation !== 'insert' && operation !== 'remove';
  const previous = hasPrevious
    ? provided(copiedRow(columns, before), before, subject.databaseEntity)
    : null;
  return {
    id: uuidv7(),
    hook: hook.name,
    name: eventName(hook, operation),
    operation,
    ...extras(hook, () => sentValues(dataSource, columns, after), row),
    occurredAt: new Date(),
    data,
    previous,
    changed: changedPaths(operation, data, previous),
    row: deepCopy(row),
  };
}

const NO_EXTRAS = { ref: null, sender: null, headers: {} } as const;

interface Fields {
  /** Those that the hook provides. */
  readonly fields: readonly Field[];
  /** All columns of the entity. */
  readonly columns: readonly Field[];
}

const known = new WeakMap<Hook, WeakMap<EntityMetadata, Fields>>();

function fieldsOf(dataSource: DataSource, hook: Hook, metadata: EntityMetadata): Fields {
  const ofHook = known.get(hook) ?? new WeakMap<EntityMetadata, Fields>();
  known.set(hook, ofHook);
  const found = ofHook.get(metadata) ?? {
    fields: [...providedFields(dataSource, metadata, hook.declared, hook.name).values()],
    columns: [...columnFields(dataSource, metadata).values()],
  };
  ofHook.set(metadata, found);
  return found;
}

function changedPaths(
  operation: Operation,
  data: JsonRecord,
  previous: JsonRecord | null,
): readonly string[] {
  if (operation === 'remove') return [];
  return Object.keys(data).filter((path) => !previous || !sameJson(data[path], previous[path]));
}

/** Functions of the hook may need values that do not exist yet. Then their fields are absent. */
function computed(hook: Hook, fields: readonly Field[], row: HookRow): JsonRecord {
  const { compute = {} } = hook.declared;
  const entries = fields.filter(isComputed).flatMap(({ path }) => {
    const value = attempted(() => toJson(settled(hook.name, path, compute[path]?.(row as never))));
    return value === undefined ? [] : [[path, value] as const];
  });
  return Object.fromEntries(entries);
}

/** A URL without the key that the database will generate would lead to another resource. */
function extras(
  hook: Hook,
  values: () => JsonRecord,
  row: HookRow,
): Pick<HookEvent, 'ref' | 'sender' | 'headers'> {
  const { declared } = hook;
  if (!declared.ref && !declared.sender && !declared.headers) return NO_EXTRAS;
  const sent = values();
  const { ref, sender, headers } = attempted(() => eventExtras(hook, sent, row)) ?? {};
  const isWhole = pathsOfRef(hook.ref).every((path) => path in sent);
  return {
    ref: isWhole ? (ref ?? null) : null,
    sender: sender ?? null,
    headers: { ...headers },
  };
}

function attempted<T>(compute: () => T): T | undefined {
  try {
    return compute();
  } catch {
    return undefined;
  }
}
