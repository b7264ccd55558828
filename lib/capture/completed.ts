import type { QueryRunner } from 'typeorm';
import { type Change, changesOf, mergedChanges } from './change';
import { freshRows } from './statement/fresh-rows';
import type { TouchedRow } from './statement/owners';
import type { StatementRow } from './statement/row-sql';

/** What the statements of one call did. */
export interface Collected {
  readonly changes: Change[];
  /** Rows that later statements of the call may still change: lists of related values are whole at its end only. */
  readonly touched: TouchedRow[];
}

export function nothingCollected(): Collected {
  return { changes: [], touched: [] };
}

/** The changes of a call that has ended, with rows as they are now. Those of one row are one. */
export async function completedChanges(
  runner: QueryRunner,
  { changes, touched }: Collected,
): Promise<readonly Change[]> {
  if (touched.length === 0) return mergedChanges(changes);
  const updates: Change[] = [];
  for (const rows of byTable(touched)) updates.push(...(await updatesOf(runner, rows)));
  const before = new Map(touched.toReversed().flatMap(namedRows));
  const own = changes.map((change) => {
    const old = change.operation === 'remove' && before.get(nameOf(change.hooked.hook, change.row));
    // TypeORM removes the junction rows first.
    return old ? { ...change, row: old } : change;
  });
  return mergedChanges([...own, ...updates]);
}

async function updatesOf(
  runner: QueryRunner,
  rows: readonly [TouchedRow, ...TouchedRow[]],
): Promise<readonly Change[]> {
  const [{ context }] = rows;
  const first = new Map<string, StatementRow>();
  for (const { old } of rows)
    if (!first.has(JSON.stringify(old.key))) first.set(JSON.stringify(old.key), old);
  const fresh = await freshRows(runner, context, [...first.values()]);
  const now = new Map(fresh.map((row) => [JSON.stringify(row.key), row]));
  const written = [...first].map(([key, old]) => ({ now: now.get(key) ?? null, old }));
  return changesOf(
    context.table,
    written.filter((row) => row.now !== null),
  );
}

function byTable(touched: readonly TouchedRow[]): readonly [TouchedRow, ...TouchedRow[]][] {
  const groups = new Map<string, [TouchedRow, ...TouchedRow[]]>();
  for (const row of touched) {
    const { table } = row.context;
    const hooks = table.classes.flatMap(({ hooked }) => hooked.map(({ hook }) => hook.name));
    const id = JSON.stringify([table.metadata.tablePath, ...hooks]);
    const group = groups.get(id);
    if (group) group.push(row);
    else groups.set(id, [row]);
  }
  return [...groups.values()];
}

/** The row for each of the hooks that read it. */
function namedRows({ context, old }: TouchedRow) {
  return context.table.classes.flatMap(({ hooked }) =>
    hooked.map(({ hook }) => [nameOf(hook, old), old] as const),
  );
}

function nameOf({ name }: { readonly name: string }, { key }: Pick<StatementRow, 'key'>): string {
  return JSON.stringify([name, key]);
}
