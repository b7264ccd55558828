import type { DataSource } from 'typeorm';
import type { JsonRecord, JsonValue } from '../base/json';
import type { Field } from '../hook/field';
import { decodeRow, sentRow } from './entity/decode';
import { encode } from './entity/encode';
import { projected, provided } from './provided';

/** Old values of a row by path: all that differ from the row as it is now, perhaps more. */
export type OldValues =
  /** The row was read before it was written: as the database wrote it. */
  | { readonly kind: 'read'; readonly values: JsonRecord }
  /** From the entity that TypeORM loaded: as `find()` gave them. */
  | { readonly kind: 'loaded'; readonly values: ReadonlyMap<string, unknown> };

/** Old values as they are stored with an event. */
export interface StoredPrevious {
  readonly values: JsonRecord;
  /** Whether they are stored as the database writes them, like `data`, and not as they are sent. */
  readonly isRaw: boolean;
}

/** As `find()` gives them. */
export function decodedValues(
  dataSource: DataSource,
  fields: readonly Field[],
  old: OldValues,
): ReadonlyMap<string, unknown> {
  return old.kind === 'read' ? decodeRow(dataSource, fields, old.values) : old.values;
}

/** As they are sent. */
export function sentValues(
  dataSource: DataSource,
  fields: readonly Field[],
  old: OldValues,
): JsonRecord {
  return old.kind === 'read'
    ? sentRow(dataSource, fields, old.values)
    : projected(dataSource, fields, old.values);
}

/** The provided ones. Loaded values are stored as they are sent if one of them has no raw form. */
export function storedPrevious(
  dataSource: DataSource,
  fields: readonly Field[],
  old: OldValues,
): StoredPrevious {
  if (old.kind === 'read') return { values: provided(fields, old.values), isRaw: true };
  const raw = encoded(dataSource, fields, old.values);
  return raw
    ? { values: raw, isRaw: true }
    : { values: projected(dataSource, fields, old.values), isRaw: false };
}

/** Old values of one row that was saved twice in one call: the earlier ones are the true ones. */
export function mergedValues(
  dataSource: DataSource,
  fields: readonly Field[],
  { earlier, later }: { readonly earlier: OldValues; readonly later: OldValues | null },
): OldValues {
  if (!later || earlier.kind === 'read') return earlier;
  const values = new Map([...decodedValues(dataSource, fields, later), ...earlier.values]);
  return { kind: 'loaded', values };
}

function encoded(
  dataSource: DataSource,
  fields: readonly Field[],
  values: ReadonlyMap<string, unknown>,
): JsonRecord | null {
  const raw: [string, JsonValue][] = [];
  for (const { path, column } of fields) {
    if (!column || !values.has(path)) continue;
    const value = encode(dataSource, column, values.get(path));
    if (value === undefined) return null;
    raw.push([path, value]);
  }
  return Object.fromEntries(raw);
}
