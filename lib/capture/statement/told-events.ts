import { eventName } from '../../hook/hook';
import { OPERATIONS } from '../../hook/operation';
import { EventInsert, type EventSource } from '../../store/event-insert';
import type { HookedEntity } from '../entity/hooked-entity';
import { discriminatorSql } from '../entity/hooked-table';
import { objectSql } from '../entity/object-sql';
import { rowIdSql, rowKeyTextsSql } from '../entity/row-id';
import { readable } from '../entity/table-facts';
import { tableSql } from '../entity/table-sql';
import { readMarks } from './marks';
import {
  joinLocked,
  keyName,
  keyOf,
  lockedRowsSql,
  namedKey,
  OLD_ALIAS,
  oldAlias,
  oldRowSource,
  whereAfterLock,
} from './old-rows';
import { markSql, type RowContext } from './row-sql';
import {
  type ComposedStatement,
  type OldRowSource,
  OWN_PREFIX,
  type ResultRow,
  removeOwn,
  type WriteStatement,
} from './write';

/** What the statement needs besides itself. */
export interface Telling {
  /** Whether the old values must be exact though another transaction changes the row at the same time. */
  readonly isExact: boolean;
  /** A new UUID. */
  readonly newId: () => string;
  /** The INSERT of events; its parameters are those of `insert`. */
  readonly insertSql: (insert: EventInsert) => string;
}

/** An event that a statement stored. */
export type ToldEvent = readonly [id: string, hook: string, event: string, operation: string];

export interface ToldResult {
  /** The rows that the statement would return without us. */
  readonly rows: readonly ResultRow[];
  /** The number of rows that it wrote. */
  readonly affected: number;
  readonly events: readonly ToldEvent[];
}

/** The statement, which also stores the events of the rows that it writes: one round trip, and no transaction of ours. */
export function tellingEvents(
  write: WriteStatement,
  context: RowContext,
  telling: Telling,
): ComposedStatement {
  const source = oldRowSource(write, context, telling);
  const statement = readMarks(write.sql);
  const isLocked = source === 'locked';
  const written = statement.extended(
    `${oldAlias(source)}${writtenColumns(write, context, source)}`,
    isLocked ? whereAfterLock(statement) : undefined,
  );
  const insert = new EventInsert(write.parameters);
  for (const [n, one] of hookedOf(context).entries())
    insert.add(
      eventSource(insert, context, { one, n, sides: sidesOf(write, source), newId: telling.newId }),
    );
  const old = columnsSql(context, write.alias, 'was');
  const parts = [
    ...(isLocked ? [lockedRowsSql(write, context, statement, old)] : []),
    `${WRITTEN} AS (${written})`,
    `${CHANGES} AS (${changesSql(write, context, source)})`,
    `${TOLD} AS (${telling.insertSql(insert)} RETURNING json_build_array(id, hook, event, operation) AS told)`,
  ];
  return { sql: `WITH ${parts.join(', ')} ${resultSql(write)}`, parameters: insert.parameters };
}

/** Reads the result of `tellingEvents`. */
export function readTold(
  { returnsRows }: WriteStatement,
  result: readonly ResultRow[],
): ToldResult {
  const events: readonly ToldEvent[] = JSON.parse(String(result[0]?.[TOLD] ?? '[]'));
  if (!returnsRows) return { rows: [], affected: Number(result[0]?.[COUNT]), events };
  for (const row of result) removeOwn(row);
  return { rows: result, affected: result.length, events };
}

/** `now` and `was` are the row after and before the write. */
type Side = 'now' | 'was';

/** What is needed of the row `alias`, by name: the values of each hook, the texts of its row id, its class and its mark. */
function columnsOf(context: RowContext, alias: string): readonly (readonly [string, string])[] {
  const { dataSource, table, facts } = context;
  const values = hookedOf(context).map(({ provided }) =>
    objectSql(dataSource, readable(provided, facts), alias),
  );
  const texts = rowKeyTextsSql(dataSource, table.metadata, alias);
  const discriminator = discriminatorSql(dataSource, table, alias);
  const mark = markSql(context, alias);
  return [
    ...values.map((sql, n) => [String(n), sql] as const),
    ...texts.map((sql, n) => [`text_${n}`, sql] as const),
    ...(discriminator === null ? [] : [['class', discriminator] as const]),
    ...(mark === null ? [] : [['mark', mark] as const]),
  ];
}

function columnsSql(context: RowContext, alias: string, side: Side): string {
  return columnsOf(context, alias)
    .map(([name, sql]) => `${sql} AS ${column(side, name)}`)
    .join(', ');
}

/** The columns of a side, of the relation `alias`. */
function namesSql(context: RowContext, alias: string, side: Side): string {
  return columnsOf(context, alias)
    .map(([name]) => `${alias}.${column(side, name)}`)
    .join(', ');
}

function column(side: Side, name: string): string {
  return `${OWN_PREFIX}${side}_${name}`;
}

function writtenColumns(
  { kind, alias }: WriteStatement,
  context: RowContext,
  source: OldRowSource,
): string {
  if (kind === 'delete') return columnsSql(context, alias, 'was');
  const now = columnsSql(context, alias, 'now');
  switch (source) {
    case 'none':
      return now;
    case 'returned':
      return `${now}, ${columnsSql(context, OLD_ALIAS, 'was')}`;
    case 'locked':
    case 'snapshot':
      return `${now}, ${namedKey(context, alias)}`;
  }
}

/** The written rows with their sides, each with what happened to it. */
function changesSql(write: WriteStatement, context: RowContext, source: OldRowSource): string {
  const sides = sidesOf(write, source);
  return `SELECT *, ${operationSql(context, sides)} AS operation FROM (${rowsSql(write, context, source)}) c`;
}

function sidesOf({ kind }: Pick<WriteStatement, 'kind'>, source: OldRowSource): readonly Side[] {
  if (kind === 'delete') return ['was'];
  return source === 'none' ? ['now'] : ['now', 'was'];
}

function operationSql(context: RowContext, sides: readonly Side[]): string {
  if (!sides.includes('was')) return `'insert'::text`;
  if (!sides.includes('now')) return `'remove'::text`;
  const [now, was] = [column('now', 'mark'), column('was', 'mark')];
  const marks =
    markSql(context, 'c') === null
      ? ''
      : `WHEN ${now} AND NOT ${was} THEN 'softRemove' WHEN ${was} AND NOT ${now} THEN 'recover' `;
  // A key is never null.
  return (
    `CASE WHEN ${column('now', 'text_0')} IS NULL THEN 'remove' WHEN ${column('was', 'text_0')} IS NULL THEN 'insert' ` +
    `${marks}ELSE 'update' END`
  );
}

function rowsSql(write: WriteStatement, context: RowContext, source: OldRowSource): string {
  const names = (alias: string, side: Side) => namesSql(context, alias, side);
  switch (source) {
    case 'none':
    case 'returned': {
      const own = sidesOf(write, source).map((side) => names('w', side));
      return `SELECT ${own.join(', ')} FROM ${WRITTEN} w`;
    }
    case 'locked':
      return `SELECT ${names('w', 'now')}, ${names('o', 'was')} FROM ${WRITTEN} w ${joinLocked(write, context)}`;
    case 'snapshot': {
      const table = tableSql(context.dataSource, context.table.metadata);
      const isRow = keyOf(context, 'o').map((key, n) => `${key} = w.${keyName(n)}`);
      return (
        `SELECT ${names('w', 'now')}, ${columnsSql(context, 'o', 'was')} FROM ${WRITTEN} w ` +
        `LEFT JOIN ${table} o ON ${isRow.join(' AND ')}`
      );
    }
  }
}

interface EventOfHook {
  readonly one: HookedEntity;
  /** Its place among the hooks of the table. */
  readonly n: number;
  readonly sides: readonly Side[];
  readonly newId: () => string;
}

/** The events of one hook: of the rows of its class, of its operations, and of updates that changed a provided value. */
function eventSource(
  insert: EventInsert,
  { table }: RowContext,
  { one, n, sides, newId }: EventOfHook,
): EventSource {
  const { hook, metadata } = one;
  const text = (value: string) => insert.parameter(value, 'text');
  const current = (name: string) => currentSql(sides, name);
  const names = OPERATIONS.map(
    (operation) => `WHEN '${operation}' THEN ${text(eventName(hook, operation))}`,
  );
  const name = text(hook.name);
  const { headers } = hook.declared;
  const hasOld = `operation NOT IN ('insert', 'remove')`;
  const discriminator = table.classes.find((own) => own.metadata === metadata)?.discriminator;
  const conditions = [
    `operation = ANY(${insert.parameter([...hook.operations], 'text[]')})`,
    ...(sides.length === 2
      ? [
          `(operation <> 'update' OR ${column('now', `${n}`)}::text IS DISTINCT FROM ${column('was', `${n}`)}::text)`,
        ]
      : []),
    ...(typeof discriminator === 'string' ? [`${current('class')} = ${text(discriminator)}`] : []),
  ];
  return {
    from: `${CHANGES} WHERE ${conditions.join(' AND ')}`,
    values: {
      // The last digits count the rows of the statement, so the ids have the order of the rows.
      id: `(left(${text(newId())}, -8) || lpad(to_hex(row_number() OVER ()), 8, '0'))::uuid`,
      hook: name,
      operation: 'operation',
      event: `CASE operation ${names.join(' ')} END`,
      ...(typeof headers === 'object' && {
        headers: insert.parameter(JSON.stringify(headers), 'json'),
      }),
      data: current(`${n}`),
      ...(sides.length === 2 && {
        previous: `CASE WHEN ${hasOld} THEN ${column('was', `${n}`)} END`,
        raw_previous: hasOld,
      }),
      row_id: rowIdSql(
        name,
        metadata.primaryColumns.map((_, k) => current(`text_${k}`)),
      ),
      shape: text(hook.shape),
    },
  };
}

/** A column of the row as it is now; as it was, if it was removed. */
function currentSql(sides: readonly Side[], name: string): string {
  const columns = sides.map((side) => column(side, name));
  return columns.length === 1 ? columns.join() : `coalesce(${columns.join(', ')})`;
}

function hookedOf({ table }: RowContext): readonly HookedEntity[] {
  return table.classes.flatMap(({ hooked }) => hooked);
}

function resultSql({ returnsRows }: WriteStatement): string {
  const told = `(SELECT json_agg(told)::text FROM ${TOLD})`;
  if (!returnsRows)
    return `SELECT ${told} AS ${TOLD}, (SELECT count(*) FROM ${WRITTEN})::text AS ${COUNT}`;
  // The order of the rows counts: TypeORM gives the n-th one to the n-th entity.
  return (
    `SELECT CASE WHEN w.${NUMBER} = 1 THEN ${told} END AS ${TOLD}, w.* ` +
    `FROM (SELECT row_number() OVER () AS ${NUMBER}, * FROM ${WRITTEN}) w ORDER BY w.${NUMBER}`
  );
}

const WRITTEN = `${OWN_PREFIX}written`;
const CHANGES = `${OWN_PREFIX}change`;
const TOLD = `${OWN_PREFIX}told`;
const NUMBER = `${OWN_PREFIX}n`;
const COUNT = `${OWN_PREFIX}count`;
