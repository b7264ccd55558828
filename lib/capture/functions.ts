import type { DataSource } from 'typeorm';
import {
  isWithin,
  type JsonRecord,
  type JsonValue,
  MAX_LEVELS,
  sameJson,
  toJson,
} from '../base/json';
import { CaptureFailedError } from '../errors/capture-errors';
import type { Field } from '../hook/field';
import type { Hook } from '../hook/hook';
import type { HookRow } from '../hook/options';
import { loggable } from '../logging/loggable';
import type { Change } from './change';
import { decodeRow } from './entity/decode';
import { rowId } from './entity/row-id';
import type { ReadyEvent } from './outbox/outbox';
import { plainRow } from './plain-row';
import { meets } from './when';

/**
 * The event of a change whose row had to be read: the functions of its hook see a frozen plain copy of the true row. Gives null where
 * the row does not satisfy `when`, and for an update that changed no provided field. What a function throws becomes
 * `HOOK_CAPTURE_FAILED`.
 */
export function evaluated(
  dataSource: DataSource,
  change: Change,
  raw: JsonRecord,
): ReadyEvent | null {
  try {
    const values = decodeRow(dataSource, change.hooked.columns, raw);
    // Before anything is computed: no function is to see a row that the hook leaves out.
    if (!meetsColumns(change, values)) return null;
    return computedEvent(change, values, raw);
  } catch (error) {
    throw captureFailed(change.hooked.hook, error);
  }
}

/** The error that a function of a hook threw, as it is told. What it says itself may quote values: that stays in `cause`. */
export function captureFailed(hook: Hook, error: unknown): CaptureFailedError {
  if (error instanceof CaptureFailedError) return error;
  const { name } = loggable(error);
  return new CaptureFailedError(hook.name, `${name} was thrown, see \`cause\`.`, { cause: error });
}

function meetsColumns(
  { hooked, operation, before }: Change,
  values: ReadonlyMap<string, unknown>,
): boolean {
  const conditions = hooked.hook.when.filter(({ field }) => field.column !== null);
  const fields = conditions.map(({ field }) => field);
  return meets(conditions, {
    operation,
    now: projected(fields, values),
    before: before && projected(fields, new Map([...values, ...before])),
  });
}

function computedEvent(
  change: Change,
  values: ReadonlyMap<string, unknown>,
  raw: JsonRecord,
): ReadyEvent | null {
  const { id, hooked, operation, key, before } = change;
  const { hook, provided: fields } = hooked;
  const row = plainRow(values);
  const now = compute(hook, row);
  const old = before && new Map([...values, ...before]);
  const oldComputed = old && compute(hook, plainRow(old));
  const computed = hook.when.filter(({ field }) => field.column === null);
  if (!meets(computed, { operation, now, before: oldComputed })) return null;
  const current = { ...projected(fields, values), ...now };
  const previous = old && { ...projected(fields, old), ...oldComputed };
  if (operation === 'update' && previous && sameJson(current, previous)) return null;
  const { ref, headers } = hook.declared;
  return {
    id,
    hook,
    operation,
    ref: textOrNull(ref?.(row as never)),
    sender: textOrNull(senderOf(hook, row, values)),
    headers: (typeof headers === 'function' ? headers(row as never) : headers) ?? null,
    data: { ...provided(fields, raw), ...now },
    previous,
    rowId: rowId(hook, key),
  };
}

/** What is provided of a row, as the database wrote it; too deep for JSON, it is null. */
export function provided(fields: readonly Field[], raw: JsonRecord): JsonRecord {
  return Object.fromEntries(
    fields.flatMap(({ path }) => {
      const value = raw[path];
      if (value === undefined) return [];
      return [[path, isWithin(value, MAX_LEVELS) ? value : null] as const];
    }),
  );
}

/** The provided values of some old ones, as they are sent. */
export function projected(
  fields: readonly Field[],
  values: ReadonlyMap<string, unknown>,
): JsonRecord {
  const known = fields.filter(({ path }) => values.has(path));
  return Object.fromEntries(known.map(({ path }) => [path, toJson(values.get(path))]));
}

function compute({ declared }: Hook, row: HookRow): JsonRecord {
  const functions = Object.entries(declared.compute ?? {});
  return Object.fromEntries(functions.map(([field, of]) => [field, toJson(of(row as never))]));
}

function senderOf(
  { declared: { sender } }: Hook,
  row: HookRow,
  values: ReadonlyMap<string, unknown>,
): JsonValue {
  return toJson(typeof sender === 'string' ? values.get(sender) : sender?.(row as never));
}

function textOrNull(value: JsonValue | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}
