import { eventName, type Hook, updateEventOf } from '../../hook/hook';
import type { Operation } from '../../hook/operation';
import { insertEventsSql } from '../../store/outbox';
import type { Tables } from '../../store/tables';
import { literal } from '../entity/literal';
import { rowIdSql } from '../entity/row-id';
import type { Link } from './links';
import { needsOf } from './needs';
import type { RowSql } from './row-sql';

/** The statements that store the events of one hook. */
export class EventSql {
  readonly #hook: Hook;
  readonly #keys: readonly string[];

  constructor(
    private readonly tables: Tables,
    private readonly rows: RowSql,
  ) {
    this.#hook = rows.table.hook;
    this.#keys = rows.keyNames;
  }

  /** Stores an event of each row of `from`, all of one operation. */
  ofRows(operation: Operation, from: string): string {
    const keys = this.#keys.map((name) => `r.${name}`);
    const source = this.rows.needsSource
      ? {
          source: sourceSql(this.#hook, {
            class: 'r.class',
            now: 'r.columns',
            before: 'NULL',
            keys,
          }),
        }
      : {};
    return this.#insert(
      {
        operation: literal(operation),
        event: literal(eventName(this.#hook, operation)),
        data: 'r.data',
        ...this.#extras((name) => `r.${name}`),
        row_id: rowIdSql(literal(this.#hook.name), keys),
        ...source,
      },
      `(${this.rows.select(from)}) r`,
    );
  }

  /** Stores the events of an update, whose rows are in `new_rows` and `old_rows`. */
  ofUpdate(): string {
    const { operations, name } = this.#hook;
    return this.#insert(
      {
        operation: 'c.operation',
        event: eventNameSql(this.#hook),
        data: 'c.data',
        previous: 'c.previous',
        raw_previous: "c.operation NOT IN ('insert', 'remove')",
        ...this.#extras((one) => `c.${one}`),
        row_id: rowIdSql(
          literal(name),
          this.#keys.map((key) => `c.${key}`),
        ),
        ...(this.rows.needsSource && { source: 'c.source' }),
      },
      `(${this.#changes()}) c
      WHERE c.operation IN (${operations.map(literal).join(', ')}) AND (c.operation <> 'update' OR c.now <> c.before)
      ORDER BY c.operation <> 'remove'`,
    );
  }

  /** Stores an update of each row whose links a statement changed, if that changed what the hook reads. */
  ofLinks(link: Link): string {
    const keys = this.#keys.map((name) => `r.${name}`);
    const { needsSource } = this.rows;
    const source = { class: 'r.class', now: 'r.columns', before: 'r.columns_before', keys };
    const isChanged = needsSource
      ? 'r.columns::text <> r.columns_before::text'
      : 'r.data::text <> r.previous::text';
    return this.#insert(
      {
        operation: literal('update'),
        event: literal(eventName(this.#hook, 'update')),
        data: 'r.data',
        previous: 'r.previous',
        raw_previous: 'true',
        ...this.#extras((name) => `r.${name}`),
        row_id: rowIdSql(literal(this.#hook.name), keys),
        ...(needsSource && { source: sourceSql(this.#hook, source) }),
      },
      `(${this.rows.selectLinked(link)}) r WHERE ${isChanged}`,
    );
  }

  /** An old and a new row with the same key are one change. A row whose key changed is two: one was removed, and one inserted. */
  #changes(): string {
    const { needsSource, valueNames } = this.rows;
    const keys = this.#keys.map((key) => `coalesce(n.${key}, o.${key})`);
    const compared = needsSource ? 'columns' : 'data';
    const selected = [
      `${this.#operation()} AS operation`,
      'coalesce(n.data, o.data) AS data',
      `${ofPair('o.data')} AS previous`,
      `n.${compared}::text AS now`,
      `o.${compared}::text AS before`,
      ...keys.map((sql, n) => `${sql} AS ${this.#keys[n]}`),
      ...Object.entries(this.#extras(ofNewest)).map(([name, sql]) => `${sql} AS ${name}`),
      ...(needsSource ? [`${this.#sourceOfPair(keys)} AS source`] : []),
    ];
    const isPair = valueNames.map((value) => `n.${value} = o.${value}`).join(' AND ');
    return `SELECT ${selected.join(', ')}
        FROM (${this.rows.selectPaired('new_rows')}) n
        FULL JOIN (${this.rows.selectPaired('old_rows')}) o ON ${isPair}`;
  }

  #extras(sqlOf: (name: string) => string): Readonly<Record<string, string>> {
    return Object.fromEntries(this.rows.extras.map((name) => [name, sqlOf(name)]));
  }

  /** The delete date decides between the kinds of an update. */
  #operation(): string {
    const marks = this.rows.mark
      ? `WHEN n.is_marked AND NOT o.is_marked THEN 'softRemove' WHEN o.is_marked AND NOT n.is_marked THEN 'recover' `
      : '';
    return `CASE WHEN o.is_here IS NULL THEN 'insert' WHEN n.is_here IS NULL THEN 'remove' ${marks}ELSE 'update' END`;
  }

  #sourceOfPair(keys: readonly string[]): string {
    return sourceSql(this.#hook, {
      class: 'coalesce(n.class, o.class)',
      now: 'coalesce(n.columns, o.columns)',
      before: ofPair('o.columns'),
      keys,
    });
  }

  #insert(values: Readonly<Record<string, string>>, from: string): string {
    const { name, shape, declared } = this.#hook;
    const { headers } = declared;
    const updateEvent = updateEventOf(this.#hook);
    const all = {
      id: ID,
      hook: literal(name),
      ...values,
      shape: literal(shape),
      ...(updateEvent !== null && { update_event: literal(updateEvent) }),
      ...(typeof headers === 'object' && { headers: `${literal(JSON.stringify(headers))}::json` }),
    };
    return insertEventsSql(this.tables, Object.keys(all), [
      `SELECT ${Object.values(all).join(',\n      ')}\n      FROM ${from}`,
    ]);
  }
}

/** Version 7: milliseconds and 12 further bits of the clock come first, so that a later row has a later id. */
const ID = `(overlay(lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 512 / 125), 15, '0')
        placing '7' from 13 for 0) || '8' || substr(md5(random()::text || clock_timestamp()::text || pg_backend_pid()::text), 1, 15))::uuid`;

function ofNewest(name: string): string {
  return `CASE WHEN n.is_here THEN n.${name} ELSE o.${name} END`;
}

function ofPair(sql: string): string {
  return `CASE WHEN n.is_here AND o.is_here THEN ${sql} END`;
}

/** What the functions and conditions of the hook need when the event is planned: a `StoredSource`. */
function sourceSql(
  hook: Hook,
  source: Readonly<Record<'class' | 'now' | 'before', string>> & {
    readonly keys: readonly string[];
  },
): string {
  const needs = `${literal(JSON.stringify(needsOf(hook)))}::json`;
  const key = `json_build_array(${source.keys.join(', ')})`;
  return `json_build_object('class', ${source.class}, 'needs', ${needs}, 'key', ${key}, 'now', ${source.now}, 'before', ${source.before})`;
}

function eventNameSql(hook: Hook): string {
  const cases = hook.operations.map(
    (operation) => `WHEN ${literal(operation)} THEN ${literal(eventName(hook, operation))}`,
  );
  return `CASE c.operation ${cases.join(' ')} END`;
}
