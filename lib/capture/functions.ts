import type { DataSource } from 'typeorm';
import { type JsonRecord, sameJson, toJson } from '../base/json';
import { CaptureFailedError } from '../errors/capture-errors';
import { isComputed } from '../hook/field';
import { type Hook, pathsOfExtras } from '../hook/hook';
import type { HookRow } from '../hook/options';
import { loggable } from '../logging/loggable';
import type { Change } from './change';
import { decodeRow, sentRow } from './entity/decode';
import { rowId } from './entity/row-id';
import { eventExtras } from './extras';
import type { ReadyEvent } from './outbox/outbox';
import { plainRow } from './plain-row';
import { picked, provided } from './provided';
import { settled } from './settled';
import { meets } from './when';

/**
 * The event of a change, if functions or conditions of its hook need the row: they get a frozen plain copy. Null if the row does not satisfy
 * `when`, or if an update changed no provided field. What a function throws becomes `HOOK_CAPTURE_FAILED`.
 */
export function evaluated(dataSource: DataSource, change: Change): ReadyEvent | null {
  const { hooked, row, before } = change;
  try {
    const { columns } = hooked;
    const now = sentRow(dataSource, columns, row.values);
    const old = before && sentRow(dataSource, columns, before.values);
    // Before anything is computed: no function may get a row that the hook leaves out.
    if (!meetsColumns(change, now, old)) return null;
    const values = decodeRow(dataSource, columns, row.values);
    const oldValues = before && decodeRow(dataSource, columns, before.values);
    return computedEvent(change, { now, old, values, oldValues });
  } catch (error) {
    throw captureFailed(hooked.hook, error);
  }
}

/** The event of a change whose hook has no function that gets the row. */
export function copied(
  dataSource: DataSource,
  { hooked, operation, row, before }: Change,
): ReadyEvent {
  const { hook, columns, provided: fields } = hooked;
  // No other value is decoded here: a transformer may throw, and that must not lose the event.
  const used = pathsOfExtras(hook);
  const named = used.length === 0 ? [] : columns.filter(({ path }) => used.includes(path));
  return {
    hook,
    operation,
    ...eventExtras(hook, sentRow(dataSource, named, row.values), NO_ROW),
    data: provided(fields, row.values),
    previous: before && provided(fields, before.values),
    rowId: rowId(hook.name, row.key),
  };
}

const NO_ROW = Object.freeze({});

/** The error of a hook's function, as it is thrown and logged. The original text may quote values, so it stays in `cause`. */
export function captureFailed(hook: Hook, error: unknown): CaptureFailedError {
  if (error instanceof CaptureFailedError) return error;
  const { name } = loggable(error);
  return new CaptureFailedError(hook.name, `${name} was thrown, see \`cause\`.`, { cause: error });
}

function meetsColumns(
  { hooked, operation }: Change,
  now: JsonRecord,
  old: JsonRecord | null,
): boolean {
  const conditions = hooked.hook.when.filter(({ field }) => !isComputed(field));
  const fields = conditions.map(({ field }) => field);
  return meets(conditions, {
    operation,
    now: picked(fields, now),
    before: old && picked(fields, old),
  });
}

/** The new and the old row: as they are sent, and as functions get them. */
interface Decoded {
  readonly now: JsonRecord;
  readonly old: JsonRecord | null;
  readonly values: ReadonlyMap<string, unknown>;
  readonly oldValues: ReadonlyMap<string, unknown> | null;
}

function computedEvent(
  { hooked, operation, row, before }: Change,
  { now, old, values, oldValues }: Decoded,
): ReadyEvent | null {
  const { hook, provided: fields } = hooked;
  const plain = plainRow(values);
  const computed = compute(hook, plain);
  const oldComputed = oldValues && compute(hook, plainRow(oldValues));
  const conditions = hook.when.filter(({ field }) => isComputed(field));
  if (!meets(conditions, { operation, now: computed, before: oldComputed })) return null;
  const current = { ...picked(fields, now), ...computed };
  const previous = old && { ...picked(fields, old), ...oldComputed };
  if (operation === 'update' && previous && sameJson(current, previous)) return null;
  return {
    hook,
    operation,
    ...eventExtras(hook, now, plain),
    data: { ...provided(fields, row.values), ...computed },
    previous: before && { ...provided(fields, before.values), ...oldComputed },
    rowId: rowId(hook.name, row.key),
  };
}

/** The values that the functions of `compute` make of a row. Throws what they throw. */
export function computedValues(
  dataSource: DataSource,
  { hook, columns }: Change['hooked'],
  raw: JsonRecord,
): JsonRecord {
  if (!hook.declared.compute) return {};
  return compute(hook, plainRow(decodeRow(dataSource, columns, raw)));
}

function compute({ name, declared }: Hook, row: HookRow): JsonRecord {
  const functions = Object.entries(declared.compute ?? {});
  return Object.fromEntries(
    functions.map(([field, of]) => [
      field,
      toJson(settled(name, `compute.${field}`, of(row as never))),
    ]),
  );
}
