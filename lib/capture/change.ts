import { type JsonRecord, sameJson } from '../base/json';
import type { Operation } from '../hook/operation';
import type { HookedEntity } from './entity/hooked-entity';
import type { HookedClass, HookedTable } from './entity/hooked-table';
import type { WrittenRow } from './statement/returned-rows';
import type { StatementRow } from './statement/row-sql';

/** One row changed, as one hook sees it. Values are as the database writes them. */
export interface Change {
  readonly hooked: HookedEntity;
  readonly operation: Operation;
  /** The row as it is now; as it was, if it was removed. */
  readonly row: ChangedRow;
  /** The row as it was. Null for an insert and a remove. */
  readonly before: ChangedRow | null;
}

export type ChangedRow = Omit<StatementRow, 'id'>;

/**
 * The changes of written rows, one for each hook, whatever its operations: a change may be a part of another one, whose operation
 * `mergedChanges` finds.
 */
export function changesOf(table: HookedTable, written: readonly WrittenRow[]): readonly Change[] {
  return written.flatMap((row) => happenings(row).flatMap((one) => forHooks(table, one)));
}

/** Changes of one `save()`: those of one row become one, unless the row was both inserted and removed. */
export function mergedChanges(changes: readonly Change[]): readonly Change[] {
  const merged = new Map<string, Change[]>();
  for (const change of changes) {
    const id = JSON.stringify([change.hooked.hook.name, change.row.key]);
    const known = merged.get(id) ?? [];
    merged.set(id, known);
    const last = known.at(-1);
    const joined = last && join(last, change);
    if (joined) known[known.length - 1] = joined;
    else known.push(change);
  }
  return [...merged.values()].flat().filter((change) => isWanted(change) && isChange(change));
}

type Happening = Pick<Change, 'operation' | 'row' | 'before'>;

/** A changed key is a remove under the old one and an insert under the new one. */
function happenings({ now, old }: WrittenRow): readonly Happening[] {
  if (now && old && !sameJson(now.key, old.key)) return [...gone(old), ...come(now)];
  if (now && old) return [{ operation: updateOf(old, now), row: now, before: old }];
  return now ? come(now) : old ? gone(old) : [];
}

function come(row: ChangedRow): readonly Happening[] {
  return [{ operation: 'insert', row, before: null }];
}

function gone(row: ChangedRow): readonly Happening[] {
  return [{ operation: 'remove', row, before: null }];
}

/** An update that sets or unsets the delete date is a soft removal or a recovery. */
function updateOf(old: ChangedRow, now: ChangedRow): Operation {
  if ((old.isMarked ?? false) === (now.isMarked ?? false)) return 'update';
  return now.isMarked ? 'softRemove' : 'recover';
}

function forHooks({ classes }: HookedTable, happening: Happening): readonly Change[] {
  return classes
    .filter((one) => holds(one, happening.row))
    .flatMap(({ hooked }) => hooked)
    .map((hooked) => ({ ...happening, hooked }))
    .filter(isChange);
}

function isWanted({ hooked: { hook }, operation }: Change): boolean {
  return hook.operations.includes(operation);
}

function holds({ discriminator }: HookedClass, row: ChangedRow): boolean {
  return discriminator === null || row.class === discriminator;
}

/** Whether something is different that the hook reads. */
function isChange({ operation, hooked, row, before }: Change): boolean {
  if (operation !== 'update' || !before) return true;
  return hooked.columns.some(({ path }) => differs(path, row.values, before.values));
}

function differs(path: string, now: JsonRecord, old: JsonRecord): boolean {
  return !sameJson(now[path] ?? null, old[path] ?? null);
}

/** Null if the two stay two changes. */
function join(first: Change, second: Change): Change | null {
  if (second.operation === 'insert' || first.operation === 'remove') return null;
  if (second.operation === 'remove')
    return first.operation === 'insert' ? null : { ...second, row: first.before ?? second.row };
  if (!first.before) return { ...first, row: second.row };
  const operation = updateOf(first.before, second.row);
  return { ...second, operation, before: first.before };
}
