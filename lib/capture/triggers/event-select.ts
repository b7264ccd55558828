import type { DataSource } from 'typeorm';
import { eventName, type Hook } from '../../hook/hook';
import type { Operation } from '../../hook/operation';
import { insertEventsSql } from '../../store/outbox';
import type { Tables } from '../../store/tables';
import { rowIdSql } from '../entity/row-id';
import { literal } from './literal';
import {
  classSql,
  columnsSql,
  dataSql,
  keyTextsSql,
  keyValuesSql,
  markSql,
  needsOf,
  ofHookSql,
  ROW,
} from './row-sql';
import type { TriggerTable } from './trigger-table';

/** What the SQL of one hook's events is made of. */
export interface EventSqlParts {
  readonly dataSource: DataSource;
  readonly tables: Tables;
  readonly table: TriggerTable;
}

/** Stores an event of each row of `from`, all of one operation. */
export function wholeEventsSql(
  { dataSource, tables, table }: EventSqlParts,
  operation: Operation,
  from: string,
): string {
  const { hook } = table;
  const columns = columnsSql(dataSource, table);
  const keys = keyNames(table).map((name) => `r.${name}`);
  return insertEventsSql(tables, columnNames(hook, columns, false), [
    `SELECT ${[
      ID,
      literal(hook.name),
      literal(operation),
      literal(eventName(hook, operation)),
      ...headersSql(hook),
      'r.data',
      rowIdSql(literal(hook.name), keys),
      literal(hook.shape),
      ...(columns
        ? [sourceSql(hook, { ofClass: 'r.class', now: 'r.columns', before: 'NULL', keys })]
        : []),
    ].join(', ')}
      FROM (${rowsSql(dataSource, table, from)}) r`,
  ]);
}

/**
 * Stores the events of an update: rows of `new_rows` and `old_rows` are pairs if they have the same key. A row whose key changed is two:
 * the old one was removed, the new one inserted.
 */
export function updateEventsSql({ dataSource, tables, table }: EventSqlParts): string {
  const { hook, metadata } = table;
  const columns = columnsSql(dataSource, table);
  const keys = keyNames(table);
  const isPair = metadata.primaryColumns.map((_, n) => `n.value${n} = o.value${n}`).join(' AND ');
  const pairSource = sourceSql(hook, {
    ofClass: 'coalesce(n.class, o.class)',
    now: 'coalesce(n.columns, o.columns)',
    before: 'CASE WHEN n.is_here AND o.is_here THEN o.columns END',
    keys: keys.map((name) => `coalesce(n.${name}, o.${name})`),
  });
  const compared = columns ? 'columns' : 'data';
  const changed = `(c.operation <> 'update' OR c.now <> c.before)`;
  return insertEventsSql(tables, columnNames(hook, columns, true), [
    `SELECT ${[
      ID,
      literal(hook.name),
      'c.operation',
      eventNameSql(hook),
      ...headersSql(hook),
      'c.data',
      'c.previous',
      "c.operation NOT IN ('insert', 'remove')",
      rowIdSql(
        literal(hook.name),
        keys.map((name) => `c.${name}`),
      ),
      literal(hook.shape),
      ...(columns ? ['c.source'] : []),
    ].join(', ')}
      FROM (SELECT ${operationSql(dataSource, table)} AS operation,
        coalesce(n.data, o.data) AS data, CASE WHEN n.is_here AND o.is_here THEN o.data END AS previous,
        n.${compared}::text AS now, o.${compared}::text AS before, ${keys
          .map((name) => `coalesce(n.${name}, o.${name}) AS ${name}`)
          .join(', ')}${columns ? `,\n        ${pairSource} AS source` : ''}
        FROM (${rowsSql(dataSource, table, 'new_rows', true)}) n
        FULL JOIN (${rowsSql(dataSource, table, 'old_rows', true)}) o ON ${isPair}) c
      WHERE c.operation IN (${hook.operations.map(literal).join(', ')}) AND ${changed}
      ORDER BY c.operation <> 'remove'`,
  ]);
}

/** Version 7: milliseconds and 12 further bits of the clock come first, so that a later row has a later id. */
const ID = `(overlay(lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 512 / 125), 15, '0')
        placing '7' from 13 for 0) || '8' || substr(md5(random()::text || clock_timestamp()::text || pg_backend_pid()::text), 1, 15))::uuid`;

/** What the functions and conditions of the hook need when the event is planned: a `StoredSource`. */
function sourceSql(
  hook: Hook,
  {
    ofClass,
    now,
    before,
    keys,
  }: {
    readonly ofClass: string;
    readonly now: string;
    readonly before: string;
    readonly keys: readonly string[];
  },
): string {
  const needs = `${literal(JSON.stringify(needsOf(hook)))}::json`;
  return `json_build_object('class', ${ofClass}, 'needs', ${needs}, 'key', json_build_array(${keys.join(', ')}), 'now', ${now}, 'before', ${before})`;
}

function rowsSql(
  dataSource: DataSource,
  table: TriggerTable,
  from: string,
  isPaired = false,
): string {
  const columns = columnsSql(dataSource, table);
  const mark = isPaired ? markSql(dataSource, table) : null;
  const selected = [
    `${dataSql(dataSource, table)} AS data`,
    ...keyTextsSql(dataSource, table).map((sql, n) => `${sql} AS key${n}`),
    ...(isPaired
      ? [
          'true AS is_here',
          ...keyValuesSql(dataSource, table).map((sql, n) => `${sql} AS value${n}`),
        ]
      : []),
    ...(mark ? [`${mark} AS is_marked`] : []),
    ...(columns ? [`${columns} AS columns`, `${classSql(dataSource, table)} AS class`] : []),
  ];
  return `SELECT ${selected.join(', ')} FROM ${from} AS ${ROW}${ofHookSql(dataSource, table)}`;
}

function operationSql(dataSource: DataSource, table: TriggerTable): string {
  const marks = markSql(dataSource, table)
    ? ` WHEN n.is_marked AND NOT o.is_marked THEN 'softRemove' WHEN o.is_marked AND NOT n.is_marked THEN 'recover'`
    : '';
  return `CASE WHEN o.is_here IS NULL THEN 'insert' WHEN n.is_here IS NULL THEN 'remove'${marks} ELSE 'update' END`;
}

function eventNameSql(hook: Hook): string {
  const cases = hook.operations.map(
    (operation) => `WHEN ${literal(operation)} THEN ${literal(eventName(hook, operation))}`,
  );
  return `CASE c.operation ${cases.join(' ')} END`;
}

function columnNames(
  { declared }: Hook,
  columns: string | null,
  isUpdate: boolean,
): readonly string[] {
  return [
    ...['id', 'hook', 'operation', 'event'],
    ...(typeof declared.headers === 'object' ? ['headers'] : []),
    'data',
    ...(isUpdate ? ['previous', 'raw_previous'] : []),
    ...['row_id', 'shape'],
    ...(columns ? ['source'] : []),
  ];
}

function headersSql({ declared: { headers } }: Hook): readonly string[] {
  return typeof headers === 'object' ? [`${literal(JSON.stringify(headers))}::json`] : [];
}

function keyNames({ metadata }: TriggerTable): readonly string[] {
  return metadata.primaryColumns.map((_, n) => `key${n}`);
}
