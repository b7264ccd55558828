import { isDeepStrictEqual } from 'node:util';
import type { AuditedChange, AuditedRow } from './audit';

/** A JSON value of an event, or what a path of the event holds. */
export type Value = unknown;

/** What a hook has to say of the rows of a table. It is written by hand, so that no code of the package judges itself. */
export interface Truth {
  readonly hook: string;
  /** `schema.table`, not quoted. */
  readonly table: string;
  /** The key columns of the table. */
  readonly key: readonly string[];
  /** How the value of each provided path follows from the columns. */
  readonly reads: Readonly<Record<string, (row: AuditedRow) => Value>>;
  /** Provided paths that together name a row. */
  readonly identity: readonly string[];
  readonly deleteDate?: string;
  /** Which rows of a table of several classes the hook is declared for. */
  readonly covers?: (row: AuditedRow) => boolean;
}

export type Values = Readonly<Record<string, Value>>;

/** An event, reduced to what the spec compares. */
export interface Told {
  readonly hook: string;
  readonly operation: string;
  readonly data: Values;
  readonly previous: Values | null;
  /** Sorted. */
  readonly changed: readonly string[];
}

/** The events that follow from the changes, in their order (DESIGN.md, section 12, "Rules for both captures"). */
export function eventsOf(
  truths: readonly Truth[],
  changes: readonly AuditedChange[],
): readonly Told[] {
  return changes.flatMap((change) =>
    truths.filter((truth) => isOf(truth, change)).flatMap((truth) => eventsOfChange(truth, change)),
  );
}

function isOf({ table, covers = () => true }: Truth, change: AuditedChange): boolean {
  return table === change.table && covers((change.new ?? change.old) as AuditedRow);
}

function eventsOfChange(truth: Truth, change: AuditedChange): readonly Told[] {
  const { old, new: now } = change;
  if (!old) return now ? [inserted(truth, now)] : [];
  if (!now) return [removed(truth, old)];
  if (isChanged(truth.key, old, now)) return [removed(truth, old), inserted(truth, now)];
  return updated(truth, old, now);
}

function inserted({ hook, reads }: Truth, row: AuditedRow): Told {
  const changed = Object.keys(reads).sort();
  return { hook, operation: 'insert', data: read(reads, row), previous: null, changed };
}

function removed({ hook, reads }: Truth, row: AuditedRow): Told {
  return { hook, operation: 'remove', data: read(reads, row), previous: null, changed: [] };
}

/** An update that changes nothing that is provided is no event; a changed delete date always is one. */
function updated(truth: Truth, old: AuditedRow, now: AuditedRow): readonly Told[] {
  const { hook, reads } = truth;
  const data = read(reads, now);
  const previous = read(reads, old);
  const changed = differing(data, previous);
  const operation = operationOf(truth, old, now);
  if (operation === 'update' && changed.length === 0) return [];
  return [{ hook, operation, data, previous, changed }];
}

function operationOf({ deleteDate }: Truth, old: AuditedRow, now: AuditedRow): string {
  if (deleteDate === undefined) return 'update';
  const was = old[deleteDate] !== null;
  const is = now[deleteDate] !== null;
  if (was === is) return 'update';
  return is ? 'softRemove' : 'recover';
}

function read(reads: Truth['reads'], row: AuditedRow): Values {
  return Object.fromEntries(Object.entries(reads).map(([path, from]) => [path, from(row)]));
}

function isChanged(columns: readonly string[], old: AuditedRow, now: AuditedRow): boolean {
  return columns.some((column) => !isDeepStrictEqual(old[column], now[column]));
}

/** The sorted paths whose values differ. */
export function differing(data: Values, previous: Values): readonly string[] {
  return Object.keys(data)
    .filter((path) => !isDeepStrictEqual(data[path], previous[path]))
    .sort();
}

/** The value of a column as it stands in JSON. */
export function column(name: string): (row: AuditedRow) => Value {
  return (row) => row[name];
}

/** The value of a timestamp column: a `Date` in an entity. */
export function time(name: string): (row: AuditedRow) => Value {
  return (row) => (row[name] === null ? null : new Date(String(row[name])).toISOString());
}

export function columns(...names: readonly string[]): Truth['reads'] {
  return Object.fromEntries(names.map((name) => [name, column(name)]));
}
