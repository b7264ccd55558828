import fc from 'fast-check';
import type { HookEvent, JsonRecord, JsonValue, Operation } from '../../../lib';
import { VALUES } from '../oracle/matching-values';
import type { ColumnType } from '../oracle/oracle';
import { same } from '../oracle/oracle-values';
import { type Everything, TYPES } from './matching-entities';

const COLUMNS: Readonly<Record<string, ColumnType>> = TYPES.everything;
const owners = fc.constantFrom(null, 'acme', 'Acme', 'globex');

/** Values of a row of `Everything` that PostgreSQL returns unchanged. */
export const rows = fc.record(
  Object.fromEntries(
    Object.entries(COLUMNS)
      .filter(([column]) => column !== 'made')
      .map(([column, type]) => [column, column === 'tenant' ? owners : value(type)]),
  ),
);

function value(type: ColumnType): fc.Arbitrary<JsonValue> {
  const plain = (VALUES[type] as readonly JsonValue[]).filter((value) => isPlain(value, type));
  return fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...plain) }, fc.constant(null));
}

/** Texts that PostgreSQL can store and dates of our time. values.spec.ts and rare-values.spec.ts cover the others. */
function isPlain(value: JsonValue, type: ColumnType): boolean {
  if (type === 'date' || type === 'timestamptz') return /^20\d\d-/.test(String(value));
  return typeof value !== 'string' || (value.isWellFormed() && !value.includes('\0'));
}

export function entity(row: JsonRecord): Partial<Everything> {
  const { at, ...others } = row;
  return { ...others, at: at === null ? null : new Date(String(at)) } as Partial<Everything>;
}

/** The event of a row that was saved or removed. */
export function rowEvent(
  operation: Operation,
  id: string | undefined,
  now: JsonRecord,
  before: JsonRecord | null,
): HookEvent {
  const data: JsonRecord = { ...now, made: now.doc ?? null };
  const previous: JsonRecord | null = before && { ...before, made: before.doc ?? null };
  const changed = Object.keys(data).filter(
    (field) => !previous || !same(data[field], previous[field], 'computed'),
  );
  return {
    id: String(id),
    hook: 'everything',
    name: `everything.${operation === 'insert' ? 'created' : `${operation}d`}`,
    operation,
    ref: null,
    sender: now.tenant as string | null,
    headers: {},
    occurredAt: new Date(0),
    data,
    previous,
    changed: operation === 'remove' ? [] : changed,
  };
}
