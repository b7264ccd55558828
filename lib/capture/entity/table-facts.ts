import type { DataSource, EntityMetadata } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata';
import type { Field, RelatedColumn } from '../../hook/field';
import { columnsRead } from './related-sql';
import { tableSql } from './table-sql';
import { noteOid } from './type-oids';

/** What reads tables of the application: a query runner, or the engine. */
export interface TableReader {
  query(sql: string, parameters?: unknown[]): Promise<unknown>;
}

/** What the catalogue of the database says about the table or view of a class, for the role that writes. */
export interface TableFacts {
  /** Whether `RETURNING` can be added to a write that passes without it. Rules and row security may refuse it. */
  readonly canReturn: boolean;
  /** Whether a write can stand in a `WITH` clause. Rules refuse it. */
  readonly canNest: boolean;
  /** Whether `FOR UPDATE` is permitted. Views may refuse it. */
  readonly canLock: boolean;
  /** Whether it is a table, partitioned or not; else it is a view or a foreign table. */
  readonly isTable: boolean;
  /** Whether row security is active, so that rows may be hidden. Left out: no. */
  readonly isSecured?: boolean;
  /** Version of the server, as `server_version_num` has it. */
  readonly serverVersion: number;
  /** The columns that exist and may be read, with their types as SQL names them. */
  readonly columns: ReadonlyMap<string, string>;
  /** The facts of the tables of related entities and of their junctions; undefined for a table that is not found. */
  readonly others?: (metadata: EntityMetadata) => TableFacts | undefined;
}

/** Reads the facts of all hooked tables in one statement, when the first of them is needed. A table that is not found is looked up again. */
export class TableCatalog {
  readonly #facts = new Map<EntityMetadata, TableFacts>();
  readonly #incompleteUntil = new Map<EntityMetadata, number>();
  readonly #reading = new WeakMap<TableReader, Promise<void>>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly hooked: Iterable<EntityMetadata>,
    /** The entities and junctions of provided relations. */
    private readonly related: readonly EntityMetadata[] = [],
  ) {}

  /** Undefined if the table is not known. */
  get(metadata: EntityMetadata): TableFacts | undefined {
    return this.#facts.get(metadata);
  }

  /** Undefined at once if the facts of the class are known. */
  load(runner: TableReader, metadata: EntityMetadata): Promise<void> | undefined {
    if (this.#facts.has(metadata) && !this.#isOutdated(metadata)) return undefined;
    const reading =
      this.#reading.get(runner) ??
      this.#read(runner, metadata).finally(() => this.#reading.delete(runner));
    this.#reading.set(runner, reading);
    return reading;
  }

  /** A table may have changed since it was read: each is read again before its next write. */
  outdate(): void {
    for (const metadata of this.#facts.keys()) this.#incompleteUntil.set(metadata, 0);
  }

  async #read(runner: TableReader, metadata: EntityMetadata): Promise<void> {
    const classes = [...new Set([metadata, ...this.hooked, ...this.related])];
    const names = classes.map((one) => tableSql(this.dataSource, one));
    const rows = (await runner.query(FACTS_SQL, [JSON.stringify(names)])) as readonly {
      readonly facts: string;
    }[];
    for (const row of rows) {
      const { n, columns, oids, ...facts }: FactsRow = JSON.parse(row.facts);
      const found = classes[n - 1];
      if (!found) continue;
      for (const column of found.columns) {
        const oid = oids[column.databaseName];
        if (oid !== undefined) noteOid(column, Number(oid));
      }
      this.#facts.set(found, {
        ...facts,
        columns: new Map(Object.entries(columns)),
        others: (other) => this.#facts.get(other),
      });
    }
    for (const one of classes) if (this.#facts.has(one)) this.#noteMissing(one);
  }

  /** A migration may still add a column that the class has, or the table of a related one. */
  #noteMissing(metadata: EntityMetadata): void {
    const facts = this.#facts.get(metadata);
    const isWhole = metadata.columns.every(
      ({ databaseName, isVirtualProperty }) =>
        isVirtualProperty || facts?.columns.has(databaseName),
    );
    const areRelatedKnown = this.related.every((one) => this.#facts.has(one));
    if (isWhole && areRelatedKnown) this.#incompleteUntil.delete(metadata);
    else this.#incompleteUntil.set(metadata, performance.now() + READ_AGAIN_MS);
  }

  #isOutdated(metadata: EntityMetadata): boolean {
    const until = this.#incompleteUntil.get(metadata);
    return until !== undefined && performance.now() >= until;
  }
}

/** How long a table that lacks a column, or does not permit it to be read, is taken to be like that. */
const READ_AGAIN_MS = 10_000;

/** Whether rows of the class can be found and identified. */
export function canReadRows(
  { primaryColumns }: EntityMetadata,
  facts: TableFacts | undefined,
): boolean {
  return !facts || primaryColumns.every(({ databaseName }) => facts.columns.has(databaseName));
}

/** The fields whose columns can be read. Without facts, all of them. */
export function readable(
  fields: readonly Field[],
  facts: TableFacts | undefined,
): readonly Field[] {
  if (!facts) return fields;
  return fields.filter(({ column, related }) => {
    if (related) return columnsRead(related).every((one) => isReadable(one, related, facts));
    return !column || facts.columns.has(column.databaseName);
  });
}

function isReadable(
  { entityMetadata, databaseName }: ColumnMetadata,
  { steps }: RelatedColumn,
  facts: TableFacts,
): boolean {
  if (!facts.others) return true;
  const isOwn = entityMetadata === steps[0]?.entityMetadata;
  const table = isOwn ? facts : facts.others(entityMetadata);
  return table?.columns.has(databaseName) ?? false;
}

interface FactsRow {
  readonly n: number;
  readonly canReturn: boolean;
  readonly canNest: boolean;
  readonly canLock: boolean;
  readonly isTable: boolean;
  readonly isSecured: boolean;
  readonly serverVersion: number;
  readonly columns: Readonly<Record<string, string>>;
  readonly oids: Readonly<Record<string, string>>;
}

/**
 * One text for each table, which no parser of the application changes. A rule with the event type 1 is that of a view itself.
 * `to_regclass` fails for a schema that the role may not use.
 */
const FACTS_SQL = `SELECT json_build_object(
    'n', n.n,
    'canReturn', c.relkind IN ('r', 'p', 'v', 'f') AND NOT row_security_active(c.oid)
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_rewrite w WHERE w.ev_class = c.oid AND w.ev_type <> '1' AND w.is_instead),
    'canNest', NOT EXISTS (SELECT FROM pg_catalog.pg_rewrite w WHERE w.ev_class = c.oid AND w.ev_type <> '1'),
    'canLock', c.relkind IN ('r', 'p') AND NOT row_security_active(c.oid) AND has_any_column_privilege(c.oid, 'UPDATE'),
    'isTable', c.relkind IN ('r', 'p'),
    'isSecured', row_security_active(c.oid),
    'serverVersion', current_setting('server_version_num')::int,
    'oids', coalesce((
      SELECT json_object_agg(a.attname, CASE WHEN y.typtype = 'd' THEN y.typbasetype ELSE y.oid END)
      FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
      WHERE a.attrelid = c.oid AND a.attnum > 0), '{}'),
    'columns', coalesce((
      SELECT json_object_agg(a.attname, format_type(a.atttypid, -1)) FROM pg_catalog.pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND has_column_privilege(c.oid, a.attnum, 'SELECT')
    ), '{}'))::text AS facts
  FROM json_array_elements_text($1::json) WITH ORDINALITY AS n(name, n)
  CROSS JOIN LATERAL parse_ident(n.name) AS path
  JOIN pg_catalog.pg_class c ON c.oid = CASE WHEN cardinality(path) = 1 OR EXISTS (
    SELECT FROM pg_catalog.pg_namespace s
    WHERE s.nspname = path[cardinality(path) - 1] AND has_schema_privilege(s.oid, 'USAGE')
  ) THEN to_regclass(n.name) END`;
