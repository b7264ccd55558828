import type { DataSource } from 'typeorm';
import { type TableName, tableName } from './table-names';

/** The quoted names of our tables, with their schema, so that no search path can lead to others. */
export type Tables = Readonly<Record<TableName, string>>;

/** The schema that the DataSource names; without one, that in which the search path of its connections finds our tables. */
export async function findTables(dataSource: DataSource): Promise<Tables> {
  const { schema } = dataSource.options as { readonly schema?: string };
  return tablesOf(dataSource, schema ?? (await foundSchema(dataSource)));
}

export function tablesOf(dataSource: DataSource, schema: string): Tables {
  const quoted = (name: TableName) =>
    `${dataSource.driver.escape(schema)}.${dataSource.driver.escape(nameIn(dataSource, name))}`;
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
    head: quoted('head'),
    pace: quoted('pace'),
    origin: quoted('origin'),
    schedule: quoted('schedule'),
    task: quoted('task'),
  };
}

/** Through TypeORM, because the search path of the application counts here. */
async function foundSchema(dataSource: DataSource): Promise<string> {
  const event = dataSource.driver.escape(nameIn(dataSource, 'event'));
  const [row]: { readonly schema: string | null }[] = await dataSource.query(
    `SELECT coalesce((SELECT n.nspname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1)),
       current_schema()::text) AS schema`,
    [event],
  );
  return row?.schema ?? 'public';
}

function nameIn({ options }: DataSource, name: TableName): string {
  return tableName(name, options.entityPrefix);
}
