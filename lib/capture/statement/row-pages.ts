import type { DataSource } from 'typeorm';
import type { HookCatalog } from '../../hook/catalog';
import type { Hook } from '../../hook/hook';
import type { Query } from '../../store/database';
import type { HookedEntity } from '../entity/hooked-entity';
import { tableSql } from '../entity/table-sql';
import { HookTables, hiddenRows } from './hook-tables';
import { keyOf, markSql, type RowContext, rowSql, type StatementRow } from './row-sql';

/** A row that exists now, with the class that it is one of. */
export interface ExistingRow {
  readonly row: StatementRow;
  /** Null if its class does not have the hook. */
  readonly hooked: HookedEntity | null;
}

export interface RowPage {
  /** Texts of the primary key after which the page begins; null for the first. */
  readonly after: readonly string[] | null;
  readonly limit: number;
  /** SQL conditions that each wanted row satisfies. */
  readonly conditions: (context: RowContext, parameter: Parameter) => readonly string[];
}

/** Adds a parameter to the statement and returns its SQL. */
export type Parameter = (value: unknown) => string;

/** Reads the rows of hooks in pages, in the order of their primary keys. Soft-deleted rows are left out. */
export class RowPages {
  readonly #tables: HookTables;

  constructor(
    dataSource: DataSource,
    catalog: HookCatalog,
    /** Runs statements on tables of the application. */
    private readonly query: Query,
  ) {
    this.#tables = new HookTables(dataSource, catalog);
  }

  /** Rejects with `UnreadableRowsError`, also if row security may hide rows: they would be left out unnoticed. Rejects with what the database says too. */
  async read(hook: Hook, page: RowPage): Promise<readonly ExistingRow[]> {
    const { query } = this;
    const database = { query: (sql: string, parameters?: unknown[]) => query(sql, parameters) };
    try {
      const context = await this.#tables.contextOf(database, hook);
      if (context.facts.isSecured) throw hiddenRows(hook);
      const { sql, parameters } = pageSql(context, page);
      const rows = await query<{ row: string }>(sql, parameters);
      return rows.map(({ row }) => existing(context, JSON.parse(row)));
    } catch (error) {
      this.#tables.outdate();
      throw error;
    }
  }

  /** Number of columns of the primary key of a hook's rows. */
  keyLength(hook: Hook): number {
    return this.#tables.of(hook).metadata.primaryColumns.length;
  }
}

function existing({ table }: RowContext, row: StatementRow): ExistingRow {
  const ofRow = table.classes.find(
    ({ discriminator }) => discriminator === null || discriminator === row.class,
  );
  return { row, hooked: ofRow?.hooked[0] ?? null };
}

function pageSql(context: RowContext, { after, limit, conditions }: RowPage) {
  const { dataSource, table, facts } = context;
  const parameters: unknown[] = [];
  const parameter: Parameter = (value) => `$${parameters.push(value)}`;
  const key = keyOf(context, 't');
  const mark = markSql(context, 't');
  const where = [...conditions(context, parameter)];
  if (mark !== null) where.push(`NOT (${mark})`);
  if (after) {
    const types = table.metadata.primaryColumns.map(({ databaseName }) =>
      facts.columns.get(databaseName),
    );
    const last = after.map((text, k) => `${parameter(text)}::text::${types[k]}`);
    where.push(`(${key.join(', ')}) > (${last.join(', ')})`);
  }
  // As text, because the application may have its own parser for JSON.
  const sql =
    `SELECT ${rowSql(context, 't')}::text AS row FROM ${tableSql(dataSource, table.metadata)} t ` +
    `${where.length > 0 ? `WHERE ${where.join(' AND ')} ` : ''}ORDER BY ${key.join(', ')} LIMIT ${limit}`;
  return { sql, parameters };
}
