import type { DataSource, EntityMetadata } from 'typeorm';
import type { JsonRecord } from '../../base/json';
import { asText, type EventInsert, type EventSource } from '../../store/event-insert';
import { keyColumnsSql, keyIsSql, keyJoinSql, keyParameters } from './key-sql';
import { rowIdSql, rowKeyTextsSql } from './row-id';
import type { RowKey } from './row-key';
import type { TableFacts } from './table-facts';
import { tableSql } from './table-sql';

/** An event that is made of a row of the application's table. */
export interface CopiedRow {
  readonly id: string;
  readonly key: RowKey;
  readonly previous: { readonly values: JsonRecord; readonly isRaw: boolean } | null;
}

/** What events of one hook, made of rows of one class, have in common. */
interface Common {
  readonly hook: string;
  readonly metadata: EntityMetadata;
  readonly facts?: TableFacts | undefined;
}

type Table = Pick<Common, 'metadata' | 'facts'>;

/** The rows `t` with these keys, as a source of events: those that do not exist give none. */
export function copiedRows(
  dataSource: DataSource,
  insert: EventInsert,
  { hook, ...table }: Common,
  rows: readonly CopiedRow[],
): EventSource {
  const [first, ...others] = rows;
  const { from, values } =
    first && others.length === 0
      ? oneRow(dataSource, insert, table, first)
      : severalRows(dataSource, insert, table, rows);
  const name = insert.parameter(hook, 'text');
  const rowId = rowIdSql(name, rowKeyTextsSql(dataSource, table.metadata, 't'));
  return { from, values: { ...values, hook: name, row_id: rowId } };
}

/** PostgreSQL plans this in half the time that a join with a recordset takes, and most saves are of one entity. */
function oneRow(
  dataSource: DataSource,
  insert: EventInsert,
  { metadata, facts }: Table,
  { id, key, previous }: CopiedRow,
): EventSource {
  const isKey = keyIsSql(dataSource, metadata, (n) => insert.parameter(key[n]), facts);
  return {
    from: `${tableSql(dataSource, metadata)} t WHERE ${isKey}`,
    values: {
      id: insert.parameter(id, 'uuid'),
      ...(previous && { previous: insert.parameter(asText(previous.values), 'json') }),
      ...(previous?.isRaw && { raw_previous: 'true' }),
    },
  };
}

function severalRows(
  dataSource: DataSource,
  insert: EventInsert,
  { metadata, facts }: Table,
  rows: readonly CopiedRow[],
): EventSource {
  const parameter = rows.map(({ id, key, previous }) => ({
    id,
    ...keyParameters(key),
    previous: previous && asText(previous.values),
    raw_previous: previous?.isRaw ?? false,
  }));
  return {
    from:
      `json_to_recordset(${insert.parameter(JSON.stringify(parameter), 'json')}) ` +
      `AS c(id uuid, ${keyColumnsSql(metadata)}, previous text, raw_previous boolean) ` +
      `JOIN ${tableSql(dataSource, metadata)} t ON ${keyJoinSql(dataSource, metadata, facts)}`,
    values: {
      id: 'c.id',
      ...(rows.some(({ previous }) => previous) && {
        previous: 'c.previous::json',
        raw_previous: 'c.raw_previous',
      }),
    },
  };
}
