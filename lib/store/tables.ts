import type { DataSource } from 'typeorm';
import { type TableName, tableName } from './table-names';

/** The quoted names of our tables in this DataSource: its schema, its prefix. */
export type Tables = Readonly<Record<TableName, string>>;

export function tablesOf(dataSource: DataSource): Tables {
  const { options, driver } = dataSource;
  const schema = 'schema' in options && options.schema ? `${driver.escape(options.schema)}.` : '';
  const quoted = (name: TableName) =>
    `${schema}${driver.escape(tableName(name, options.entityPrefix))}`;
  return {
    listener: quoted('listener'),
    filter: quoted('filter'),
    event: quoted('event'),
    chunk: quoted('chunk'),
    delivery: quoted('delivery'),
    attempt: quoted('attempt'),
    process: quoted('process'),
    key: quoted('key'),
    plan: quoted('plan'),
    turn: quoted('turn'),
    pace: quoted('pace'),
    origin: quoted('origin'),
  };
}
