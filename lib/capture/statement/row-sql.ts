import type { DataSource } from 'typeorm';
import type { JsonRecord } from '../../base/json';
import { keepsJsonText } from '../entity/column-types';
import { allColumns } from '../entity/hooked-entity';
import { discriminatorSql, type HookedTable } from '../entity/hooked-table';
import { objectSql } from '../entity/object-sql';
import { rowKeyTextsSql } from '../entity/row-id';
import { readable, type TableFacts } from '../entity/table-facts';

/** A row as a statement returned it. */
export interface StatementRow {
  /** The columns that hooks of its class need, by path, as the database writes them. */
  readonly values: JsonRecord;
  /** The texts that its row id is made of. */
  readonly key: readonly string[];
  /** Its primary key, one text a column. */
  readonly id: readonly string[];
  /** Its discriminator, in a table of several classes. */
  readonly class?: string | null;
  /** Whether its delete date is set. */
  readonly isMarked?: boolean;
}

/** What the SQL of a row depends on. */
export interface RowContext {
  readonly dataSource: DataSource;
  readonly table: HookedTable;
  readonly facts: TableFacts;
}

/** SQL of one JSON object, a `StatementRow`, of the row `alias`. */
export const rowSql = rememberedSql((context: RowContext, alias: string): string => {
  const { table, facts, dataSource } = context;
  const fields = allColumns(table.classes.flatMap(({ hooked }) => hooked));
  const values = objectSql(dataSource, readable(fields, facts), alias);
  return objectOf([['values', values], ...identity(context, alias)]);
});

/**
 * Remembers what `make` makes for the hooks of a table and an alias: it is needed for each statement. The facts of a table are other
 * objects when they are read again, and so is the parser of JSON when the application sets another one.
 */
export function rememberedSql<T>(
  make: (context: RowContext, alias: string) => T,
): (context: RowContext, alias: string) => T {
  const known = new WeakMap<TableFacts, Map<string, T>>();
  return (context, alias) => {
    const { dataSource, facts, table } = context;
    const own = known.get(facts) ?? new Map<string, T>();
    known.set(facts, own);
    const hooks = table.classes.flatMap(({ hooked, metadata }) =>
      hooked.map(({ hook }) => `${metadata.name} ${hook.name}`),
    );
    const id = JSON.stringify([alias, keepsJsonText(dataSource), ...hooks]);
    const made = own.get(id) ?? make(context, alias);
    own.set(id, made);
    return made;
  };
}

/** The members of a `StatementRow` that are not values. */
function identity({ dataSource, table }: RowContext, alias: string): readonly Member[] {
  const texts = rowKeyTextsSql(dataSource, table.metadata, alias).join(', ');
  const discriminator = discriminatorSql(dataSource, table, alias);
  const mark = markSql({ dataSource, table }, alias);
  return [
    ['key', `json_build_array(${texts})`],
    ['id', `json_build_array(${idTexts({ dataSource, table }, alias).join(', ')})`],
    ...(discriminator === null ? [] : [['class', discriminator] as const]),
    ...(mark === null ? [] : [['isMarked', mark] as const]),
  ];
}

/** The texts of these columns, as `StatementRow.id` has them. */
export function idTexts(
  context: Pick<RowContext, 'dataSource' | 'table'>,
  alias: string,
): readonly string[] {
  return keyOf(context, alias).map((column) => `${column}::text`);
}

/** The columns of the primary key of the row `alias`. */
export function keyOf(
  { dataSource, table }: Pick<RowContext, 'dataSource' | 'table'>,
  alias: string,
): readonly string[] {
  return table.metadata.primaryColumns.map(
    ({ databaseName }) => `${alias}.${dataSource.driver.escape(databaseName)}`,
  );
}

/** Whether the delete date of the row `alias` is set; null if the class has none. */
export function markSql(
  { dataSource, table }: Pick<RowContext, 'dataSource' | 'table'>,
  alias: string,
): string | null {
  const column = table.metadata.deleteDateColumn;
  return column ? `${alias}.${dataSource.driver.escape(column.databaseName)} IS NOT NULL` : null;
}

type Member = readonly [name: string, sql: string];

function objectOf(members: readonly Member[]): string {
  return `json_build_object(${members.map(([name, sql]) => `'${name}', ${sql}`).join(', ')})`;
}
