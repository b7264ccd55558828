import type { DataSource, EntityMetadata } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';
import { typeName } from '../../hook/field';
import { type ExtrasSql, eventExtrasSql } from '../entity/extras-sql';
import type { HookedEntity } from '../entity/hooked-entity';
import { literal } from '../entity/literal';
import { objectSql } from '../entity/object-sql';
import { rowKeyTextsSql } from '../entity/row-id';
import { type TableOf, tableSql } from '../entity/table-sql';
import { type Link, linkedRowsSql, linksBeforeSql } from './links';
import type { TriggerTable } from './trigger-table';

/**
 * Alias of the rows that a trigger gets. If a column was dropped or renamed, the error that the write gets is `column <alias>.<column>
 * does not exist`, so that it says what to do. An exception handler would make a subtransaction of each statement.
 */
const ROW = '"typeorm-model-hooks (run: model-hooks triggers --install)"';

/** What one hook reads of the rows of its table, as SQL. */
export class RowSql {
  /** Whether functions or conditions of the hook need columns of the row. */
  readonly needsSource: boolean;
  /** The columns of a SELECT that hold the key of a row as the texts that its row id is made of. */
  readonly keyNames: readonly string[];
  /** Those of `ref` and `sender` that have SQL, which are columns of a SELECT. */
  readonly extras: readonly (keyof Pick<ExtrasSql, 'ref' | 'sender'>)[];
  /** The columns of a SELECT that hold the key of a row, to be compared. */
  readonly valueNames: readonly string[];

  constructor(
    private readonly dataSource: DataSource,
    readonly table: TriggerTable,
  ) {
    const { classes, metadata } = table;
    this.needsSource = classes.some(({ needsRow }) => needsRow);
    this.extras = (['ref', 'sender'] as const).filter((name) =>
      classes.some((one) => this.#extrasOf(one)[name]),
    );
    this.keyNames = metadata.primaryColumns.map((_, n) => `key${n}`);
    this.valueNames = metadata.primaryColumns.map((_, n) => `value${n}`);
  }

  /** Functions search no schema of the application, so names have the schema that the search path would lead to. */
  readonly #tableOf: TableOf = (metadata) =>
    tableSql(this.dataSource, metadata, schemaOf(this.dataSource));

  /** A SELECT of the rows that the hook is about. */
  select(from: string, more: readonly string[] = []): string {
    const keys = rowKeyTextsSql(this.dataSource, this.table.metadata, ROW);
    const selected = [
      `${this.#dataOf(this.#tableOf)} AS data`,
      ...keys.map((sql, n) => `${sql} AS ${this.keyNames[n]}`),
      ...this.extras.map((name) => `${this.#extra(name)} AS ${name}`),
      ...(this.needsSource
        ? [`${this.#columnsOf(this.#tableOf)} AS columns`, `${this.#class} AS class`]
        : []),
      ...more,
    ];
    return `SELECT ${selected.join(', ')} FROM ${from} AS ${ROW}${this.#condition()}`;
  }

  /** The same with what is needed to find the old and the new row of a change. */
  selectPaired(from: string): string {
    return this.select(from, [
      'true AS is_here',
      ...this.#keyValues().map((sql, n) => `${sql} AS ${this.valueNames[n]}`),
      ...(this.mark ? [`${this.mark} AS is_marked`] : []),
    ]);
  }

  /** A SELECT of the rows whose links a statement changed, with what they provided before it. */
  selectLinked(link: Link): string {
    const { dataSource } = this;
    const before: TableOf = (metadata) =>
      metadata === link.junction
        ? linksBeforeSql(dataSource, link, this.#tableOf(metadata))
        : this.#tableOf(metadata);
    const table = this.#tableOf(this.table.metadata);
    return this.select(linkedRowsSql(dataSource, link, table), [
      `${this.#dataOf(before)} AS previous`,
      ...(this.needsSource ? [`${this.#columnsOf(before)} AS columns_before`] : []),
    ]);
  }

  /** Whether the row is marked as removed; null if the entity has no delete date. */
  get mark(): string | null {
    const dates = this.table.classes.map(({ metadata }) => metadata.deleteDateColumn);
    const column = dates.find((one) => one !== undefined);
    return column ? `${this.#column(column)} IS NOT NULL` : null;
  }

  #dataOf(tableOf: TableOf): string {
    return this.#byClass(({ provided }) => objectSql(this.dataSource, provided, ROW, tableOf));
  }

  #columnsOf(tableOf: TableOf): string {
    return this.#byClass(({ columns }) => objectSql(this.dataSource, columns, ROW, tableOf));
  }

  #extra(name: keyof ExtrasSql): string {
    return this.#byClass((one) => this.#extrasOf(one)[name] ?? 'NULL::text');
  }

  /** If functions or conditions of the hook need the row, its `ref` and its sender are made when they run. */
  #extrasOf({ hook, columns }: HookedEntity): ExtrasSql {
    if (this.needsSource) return {};
    return eventExtrasSql(this.dataSource, { hook, columns }, ROW) ?? {};
  }

  get #class(): string {
    return this.#byClass(({ metadata }) => `${nameOf(metadata)}::text`);
  }

  /** In a form whose values can be compared with the operators of PostgreSQL itself. */
  #keyValues(): readonly string[] {
    return this.table.metadata.primaryColumns.map((column) => {
      const isForeign = FOREIGN_TYPES.has(typeName(this.dataSource, column));
      return isForeign ? `${this.#column(column)}::text` : this.#column(column);
    });
  }

  /** Empty if the hook is about all rows of the table. */
  #condition(): string {
    const { classes, others } = this.table;
    if (others.length === 0) return '';
    const type = this.#discriminator();
    const names = (list: readonly EntityMetadata[]) => list.map(nameOf).join(', ');
    // A row of a class that the application does not know is one of the parent.
    if (rootOf(classes)) return ` WHERE (${type} IS NULL OR ${type} NOT IN (${names(others)}))`;
    return ` WHERE ${type} IN (${names(classes.map((one) => one.metadata))})`;
  }

  #byClass(sqlOf: (one: HookedEntity) => string): string {
    const { classes, metadata } = this.table;
    const last = rootOf(classes) ?? classes.at(-1);
    if (!last) throw new Error(`No class of ${metadata.name} is hooked.`);
    const cases = classes
      .filter((one) => one !== last)
      .map((one) => `WHEN ${nameOf(one.metadata)} THEN ${sqlOf(one)}`);
    if (cases.length === 0) return sqlOf(last);
    return `CASE ${this.#discriminator()} ${cases.join(' ')} ELSE ${sqlOf(last)} END`;
  }

  #discriminator(): string {
    const { discriminatorColumn, name } = this.table.metadata;
    if (!discriminatorColumn) throw new Error(`${name} has no discriminator.`);
    return `${this.#column(discriminatorColumn)}::text`;
  }

  #column({ databaseName }: { readonly databaseName: string }): string {
    return `${ROW}.${this.dataSource.driver.escape(databaseName)}`;
  }
}

/** Types of extensions. Their operators are in a schema that the functions do not search. */
const FOREIGN_TYPES: ReadonlySet<string> = new Set(['citext', 'ltree', 'hstore', 'cube']);

/** Where tables are whose entities name no schema. */
function schemaOf({ driver }: DataSource): string {
  return (driver as PostgresDriver).searchSchema ?? 'public';
}

/** The parent of a single-table inheritance, or the only class of a table. */
function rootOf(classes: readonly HookedEntity[]): HookedEntity | undefined {
  return classes.find(({ metadata }) => metadata.tableType !== 'entity-child');
}

function nameOf({ discriminatorValue, name }: EntityMetadata): string {
  // The decorator permits numbers too.
  return literal(String(discriminatorValue ?? name));
}
