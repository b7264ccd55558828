import type { Query } from './database';
import { modelHookEntities } from './entities';
import { INDEX_NAMES } from './index-names';
import { TABLE_NAMES } from './table-names';
import type { Tables } from './tables';

/** A right that the role of this process lacks. */
export interface MissingRight {
  /** The table or sequence. */
  readonly place: string;
  readonly right: string;
}

/** Statements that ask the catalogue of the database about our own tables. They read no row. */
export class Inspection {
  constructor(
    private readonly query: Query,
    private readonly tables: Tables,
  ) {}

  /** The columns that existing tables lack, as `table.column`. */
  async missingColumns(): Promise<readonly string[]> {
    const columns = TABLE_NAMES.flatMap((name, n) =>
      Object.keys(modelHookEntities[n]?.options.columns ?? {}).map((column) => ({
        place: this.tables[name],
        column,
      })),
    );
    const rows = await this.query<{ name: string }>(
      `SELECT w.place || '.' || w.column AS name FROM json_to_recordset($1::json) AS w(place text, "column" text)
       WHERE to_regclass(w.place) IS NOT NULL AND NOT EXISTS (
         SELECT FROM pg_attribute a WHERE a.attrelid = to_regclass(w.place) AND a.attname = w.column
           AND a.attnum > 0 AND NOT a.attisdropped)`,
      [JSON.stringify(columns)],
    );
    return rows.map(({ name }) => name);
  }

  /** The indexes that do not exist, or that PostgreSQL does not use because building them failed. */
  async missingIndexes(): Promise<readonly string[]> {
    const rows = await this.query<{ name: string }>(
      `SELECT w.name FROM unnest($1::text[]) AS w(name) WHERE NOT EXISTS (
         SELECT FROM pg_index i WHERE i.indexrelid = to_regclass(w.name) AND i.indisvalid)`,
      [INDEX_NAMES.map((name) => this.#beside(name))],
    );
    return rows.map(({ name }) => name);
  }

  /** The rights on our tables, and on the sequence of events, that the role needs to capture and to send. */
  async missingRights(): Promise<readonly MissingRight[]> {
    return this.query<MissingRight>(
      `SELECT t.place, r.name AS right FROM unnest($1::text[]) AS t(place),
         unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS r(name)
       WHERE NOT has_table_privilege(to_regclass(t.place), r.name)
       UNION ALL SELECT $2, 'USAGE' WHERE NOT has_sequence_privilege(to_regclass($2), 'USAGE')`,
      [Object.values(this.tables), this.#beside('event_sequence')],
    );
  }

  /** The clock of the database, in milliseconds since the epoch. */
  async clockMs(): Promise<number> {
    const [row] = await this.query<{ ms: number }>(
      'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms',
    );
    return row?.ms ?? Number.NaN;
  }

  /** An index or a sequence is in the schema of its table. */
  #beside(name: string): string {
    return this.tables.event.replace(/event"$/, `${name}"`);
  }
}
