import type { DataSource } from 'typeorm';
import { CaptureFailedError } from '../errors';
import type { Field } from '../hook/field';
import type { HookRow } from '../hook/options';
import { type JsonRecord, type JsonValue, sameJson, toJson } from '../json';
import type { Change } from './change';
import type { ReadyEvent } from './outbox';
import { decodeRow } from './raw';

/**
 * The event of a change whose hook has functions: they see a frozen plain copy of the true row. Gives null for an update that
 * changed no provided field. What a function throws becomes `HOOK_CAPTURE_FAILED`.
 */
export function readyEvent(
  dataSource: DataSource,
  change: Change,
  raw: JsonRecord,
): ReadyEvent | null {
  const { plan, operation, before } = change;
  const { hook, columns } = plan;
  try {
    const values = decodeRow(dataSource, columns, raw);
    const row = nested(values);
    const computed = compute(change, row);
    const current = { ...projected(plan.provided, values), ...computed };
    const old = before && new Map([...values, ...before]);
    const previous = old && { ...projected(plan.provided, old), ...compute(change, nested(old)) };
    if (operation === 'update' && previous && sameJson(current, previous)) return null;
    const { ref, headers } = hook.declared;
    return {
      hook,
      operation,
      ref: textOrNull(ref?.(row as never)),
      sender: textOrNull(senderOf(change, row, values)),
      headers: (typeof headers === 'function' ? headers(row as never) : headers) ?? null,
      data: { ...provided(plan.provided, raw), ...computed },
      previous,
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CaptureFailedError(hook.name, why, { cause: error });
  }
}

/** What is provided of a row, as the database wrote it. */
export function provided(fields: readonly Field[], raw: JsonRecord): JsonRecord {
  return Object.fromEntries(
    fields.flatMap(({ path }) => (raw[path] === undefined ? [] : [[path, raw[path]] as const])),
  ) as JsonRecord;
}

/** The provided values of some old ones, as they are sent. */
export function projected(
  fields: readonly Field[],
  values: ReadonlyMap<string, unknown>,
): JsonRecord {
  const known = fields.filter(({ path }) => values.has(path));
  return Object.fromEntries(known.map(({ path }) => [path, toJson(values.get(path))]));
}

function compute({ plan }: Change, row: HookRow): JsonRecord {
  const functions = Object.entries(plan.hook.declared.compute ?? {});
  return Object.fromEntries(functions.map(([field, of]) => [field, toJson(of(row as never))]));
}

function senderOf({ plan }: Change, row: HookRow, values: ReadonlyMap<string, unknown>): JsonValue {
  const { sender } = plan.hook.declared;
  return toJson(typeof sender === 'string' ? values.get(sender) : sender?.(row as never));
}

function textOrNull(value: JsonValue | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}

/** Paths nest: `home.city` becomes `{ home: { city } }`. The copy is frozen, and plain all through. */
function nested(values: ReadonlyMap<string, unknown>): HookRow {
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

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}
