import { eventName, updateEventOf } from '../../hook/hook';
import type { Operation } from '../../hook/operation';
import type { EventInsert, EventSource } from '../../store/event-insert';
import type { HookedEntity } from '../entity/hooked-entity';
import { rowIdSql } from '../entity/row-id';
import { column, hasColumn, type Side } from './row-columns';
import type { RowContext } from './row-sql';
import type { OldRowSource, WriteStatement } from './write';

/** The rows that events are made of. */
export interface ToldRows {
  readonly from: string;
  readonly sides: readonly Side[];
  readonly operations: readonly Operation[];
  /** Whether there is one row at most. */
  readonly isOne: boolean;
}

export function sidesOf({ kind }: WriteStatement, source: OldRowSource): readonly Side[] {
  if (kind === 'delete') return ['was'];
  return source === 'none' ? ['now'] : ['now', 'was'];
}

/** What the statement can do to a row. */
export function operationsOf(
  { kind, isUpsert, setsKey }: WriteStatement,
  { table }: RowContext,
): readonly Operation[] {
  if (kind === 'delete') return ['remove'];
  if (kind === 'insert' && !isUpsert) return ['insert'];
  const marks = table.metadata.deleteDateColumn ? (['softRemove', 'recover'] as const) : [];
  return [
    ...(setsKey ? (['remove'] as const) : []),
    ...(setsKey || isUpsert ? (['insert'] as const) : []),
    ...marks,
    'update',
  ];
}

export interface HookPlace {
  readonly one: HookedEntity;
  /** Its place among the hooks of the table. */
  readonly n: number;
  readonly id: string;
}

/** The events of one hook: of the rows of its class, of its operations, and of updates that changed a provided value. */
export function eventSource(
  insert: EventInsert,
  context: RowContext,
  rows: ToldRows,
  { one: { hook, metadata }, n, id }: HookPlace,
): EventSource {
  const text = (value: string) => insert.parameter(value, 'text');
  const current = (name: string | number) => currentSql(rows, name);
  const name = text(hook.name);
  const { headers } = hook.declared;
  const updateEvent = updateEventOf(hook);
  const discriminator = context.table.classes.find(
    (own) => own.metadata === metadata,
  )?.discriminator;
  const isOfHook = rows.operations.filter((operation) => hook.operations.includes(operation));
  const operation = operationSql(rows);
  const conditions = [
    ...(isOfHook.length < rows.operations.length
      ? [`${operation} = ANY(${insert.parameter(isOfHook, 'text[]')})`]
      : []),
    ...(rows.operations.includes('update') ? [isChangeSql(rows, n)] : []),
    ...(typeof discriminator === 'string' ? [`${current('class')} = ${text(discriminator)}`] : []),
  ];
  const keyTexts = metadata.primaryColumns.map((_, k) => current(`text_${k}`));
  return {
    from: conditions.length === 0 ? rows.from : `${rows.from} WHERE ${conditions.join(' AND ')}`,
    values: {
      // The last digits count the rows of the statement, so the ids have the order of the rows.
      id: rows.isOne
        ? insert.parameter(id, 'uuid')
        : `(left(${text(id)}, -8) || lpad(to_hex(row_number() OVER ()), 8, '0'))::uuid`,
      hook: name,
      operation,
      event: byOperation(rows, (one) => text(eventName(hook, one))),
      ...(typeof headers === 'object' && {
        headers: insert.parameter(JSON.stringify(headers), 'json'),
      }),
      ...(hasColumn(context, `ref_${n}`) && { ref: current(`ref_${n}`) }),
      ...(hasColumn(context, `sender_${n}`) && { sender: current(`sender_${n}`) }),
      data: current(n),
      ...(rows.sides.length === 2 && {
        previous: byOperation(rows, (one) => (hasOld(one) ? column('was', n) : 'NULL')),
        raw_previous: byOperation(rows, (one) => String(hasOld(one))),
      }),
      row_id: rowIdSql(name, keyTexts),
      shape: text(hook.shape),
      ...(updateEvent !== null && { update_event: text(updateEvent) }),
    },
  };
}

function hasOld(operation: Operation): boolean {
  return operation !== 'insert' && operation !== 'remove';
}

/** An update is an event if it changed a value that the hook provides; the other operations are in any case. */
function isChangeSql(rows: ToldRows, n: number): string {
  const differs = `${column('now', n)}::text IS DISTINCT FROM ${column('was', n)}::text`;
  return rows.operations.length === 1
    ? differs
    : `(${operationSql(rows)} <> 'update' OR ${differs})`;
}

/** What was done to a row. An update that sets or unsets the delete date is a soft removal or a recovery. */
function operationSql(rows: ToldRows): string {
  return byOperation(rows, (operation) => `'${operation}'`);
}

/** A value that depends on the operation. The last of the operations is the one that is left. */
function byOperation({ operations }: ToldRows, value: (operation: Operation) => string): string {
  const [last = '', ...others] = operations.map(value).reverse();
  const values = new Set([last, ...others]);
  if (values.size === 1) return last;
  const cases = operations
    .slice(0, -1)
    .map((operation, n) => `WHEN ${IS_OPERATION[operation]} THEN ${others[others.length - 1 - n]}`);
  return `CASE ${cases.join(' ')} ELSE ${last} END`;
}

/** Conditions in the order of `operationsOf`, each true if those before it are false. A key is never null. */
const IS_OPERATION: Readonly<Record<Operation, string>> = {
  remove: `${column('now', 'text_0')} IS NULL`,
  insert: `${column('was', 'text_0')} IS NULL`,
  softRemove: `${column('now', 'mark')} AND NOT ${column('was', 'mark')}`,
  recover: `${column('was', 'mark')} AND NOT ${column('now', 'mark')}`,
  update: 'true',
};

/** A column of the row as it is now; as it was, if it was removed. */
function currentSql(rows: ToldRows, name: string | number): string {
  return byOperation(rows, (operation) => column(operation === 'remove' ? 'was' : 'now', name));
}
