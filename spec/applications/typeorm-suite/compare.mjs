// @ts-nocheck It runs in a temporary folder; see main.mjs.
import { createHash } from 'node:crypto';
import { rawStatements } from './raw-statements.mjs';

/**
 * Compares, row by row, the operations that were audited with those that were told. `hooks` are those of each DataSource, the newest first.
 */
export function compare({ changes, events, hooks, capture }) {
  const told = new Map();
  for (const { row_id, hook, operation } of events)
    at(told, row_id.replaceAll('-', ''), { hook }).list.push(operation);
  const wanted = new Map();
  const result = { changes: changes.length, events: events.length, unhooked: 0, unchanged: 0 };
  for (const change of changes) {
    const found = hooksOf(change, hooks);
    const operations = operationsOf(change, found);
    if (found.length === 0) result.unhooked += 1;
    else if (operations.length === 0) result.unchanged += 1;
    for (const { operation, row } of operations) {
      for (const id of idsOf(row, found, told))
        at(wanted, id, change).list.push({ operation, why: unseen(change, capture), change });
    }
  }
  return { ...result, ...judge(wanted, told) };
}

/** A row is of one class of an inheritance, and of each class that only has the same table. */
function idsOf(row, found, told) {
  const ids = found.map(([hook, { primary }]) => rowId(hook, row, primary));
  const [[, { hasDiscriminator }]] = found;
  return hasDiscriminator ? [ids.find((one) => told.has(one)) ?? ids[0]] : ids;
}

/** The hooks of a table, in the newest DataSource that has it. */
function hooksOf({ tbl }, hooks) {
  const all = hooks.map((own) => [...own].filter(([, { table }]) => table === tbl));
  return all.find((own) => own.length > 0) ?? [];
}

const at = (map, id, more) => map.get(id) ?? map.set(id, { list: [], ...more }).get(id);

function judge(wanted, told) {
  const result = { exact: 0, merged: 0, raw: 0, cascaded: 0, wrong: [] };
  for (const id of new Set([...wanted.keys(), ...told.keys()])) {
    const all = wanted.get(id)?.list ?? [];
    const operations = (list) => list.map(({ operation }) => operation);
    const t = told.get(id)?.list ?? [];
    const seen = all.filter(({ why }) => why === null);
    if (operations(all).join() === t.join()) result.exact += all.length;
    else if (merged(operations(all)).join() === merged(t).join()) result.merged += all.length;
    else if (merged(operations(seen)).join() === merged(t).join()) {
      result.merged += seen.length;
      for (const { why } of all) if (why) result[why] += 1;
    } else
      result.wrong.push({
        table: wanted.get(id)?.tbl ?? told.get(id).hook,
        wanted: operations(all).join(),
        told: t.join(),
        changes: all.map(({ change }) => ({ ...change, sql: change.sql.slice(0, 400) })),
      });
  }
  return result;
}

/**
 * Why subscribers may not see a change: the test wrote the statement itself, or the database cascaded it, so that the statement names another
 * table or deletes a row that others of its table refer to. Null if they see it.
 */
function unseen({ tbl, op, cascades, sql }, capture) {
  if (capture !== 'subscribers') return null;
  if (rawStatements.has(sql.slice(0, 300))) return 'raw';
  const isOther = op !== 'INSERT' && !sql.includes(`"${tbl.split('.').at(-1)}"`);
  return isOther || (op === 'DELETE' && cascades) ? 'cascaded' : null;
}

function operationsOf({ op, old, new: now }, hooks) {
  if (hooks.length === 0) return [];
  if (op === 'INSERT') return [{ operation: 'insert', row: now }];
  if (op === 'DELETE') return [{ operation: 'remove', row: old }];
  const [[, { primary, deleteDate }]] = hooks;
  const differs = (column) => old[column] !== now[column];
  if (primary.some(differs))
    return [
      { operation: 'remove', row: old },
      { operation: 'insert', row: now },
    ];
  const [was, is] = [old, now].map((row) => row[deleteDate] ?? null);
  if (was === null && is !== null) return [{ operation: 'softRemove', row: now }];
  if (was !== null && is === null) return [{ operation: 'recover', row: now }];
  const columns = hooks.flatMap(([, hook]) => hook.columns);
  return columns.some(differs) ? [{ operation: 'update', row: now }] : [];
}

/** The id that the package computes for a row; see lib/capture/entity/row-id.ts. */
function rowId(hook, row, primary) {
  const texts = primary.map((column) =>
    String(row[column])
      .replace(/^\\x/, '')
      .replace(/\+00:00$/, ''),
  );
  return createHash('sha256')
    .update([hook, ...texts].join('\x1f'))
    .digest('hex')
    .slice(0, 32);
}

/** An insert takes the updates that follow it, and updates in a row are one. */
function merged(operations) {
  return operations.filter(
    (operation, n) => operation !== 'update' || !['insert', 'update'].includes(operations[n - 1]),
  );
}
