import type { DataSource, EntityMetadata } from 'typeorm';
import { timerMs } from '../../base/deadline';
import { tableSql } from './table-sql';

/** What the catalogue of the database says about a table of the application, for the role of this process. */
export interface TableState {
  /** Whether row security is active for the role. */
  readonly isSecured: boolean;
  /** The names of its rules. */
  readonly rules: readonly string[];
  /** Its columns, and whether the role may read each. */
  readonly columns: ReadonlyMap<string, boolean>;
  /** The names of its foreign keys whose actions change its rows. */
  readonly cascades: readonly string[];
}

/** Reads the states of tables in one statement. A table that does not exist, or is in a schema that the role may not use, has none. */
export async function tableStates(
  dataSource: DataSource,
  classes: readonly EntityMetadata[],
  timeoutMs: number,
): Promise<ReadonlyMap<EntityMetadata, TableState>> {
  const names = classes.map((one) => tableSql(dataSource, one));
  const rows = await dataSource.transaction(
    async (manager): Promise<readonly { readonly state: string }[]> => {
      const limitMs = timerMs(Math.ceil(timeoutMs));
      await manager.query(`SET LOCAL statement_timeout = ${limitMs}`);
      return manager.query(STATES_SQL, [JSON.stringify(names)]);
    },
  );
  return new Map(rows.flatMap(({ state }) => entryOf(classes, JSON.parse(state))));
}

interface StateRow extends Omit<TableState, 'columns'> {
  readonly n: number;
  readonly columns: Readonly<Record<string, boolean>>;
}

function entryOf(
  classes: readonly EntityMetadata[],
  { n, columns, ...state }: StateRow,
): readonly (readonly [EntityMetadata, TableState])[] {
  const metadata = classes[n - 1];
  return metadata ? [[metadata, { ...state, columns: new Map(Object.entries(columns)) }]] : [];
}

/** One text for each table, which no parser of the application changes. A rule with the event type 1 is that of a view itself. */
const STATES_SQL = `SELECT json_build_object(
    'n', n.n,
    'isSecured', row_security_active(c.oid),
    'rules', (SELECT coalesce(json_agg(w.rulename ORDER BY w.rulename), '[]') FROM pg_catalog.pg_rewrite w
      WHERE w.ev_class = c.oid AND w.ev_type <> '1'),
    'columns', (SELECT coalesce(json_object_agg(a.attname, has_column_privilege(c.oid, a.attnum, 'SELECT')), '{}')
      FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
    'cascades', (SELECT coalesce(json_agg(k.conname ORDER BY k.conname), '[]') FROM pg_catalog.pg_constraint k
      WHERE k.conrelid = c.oid AND k.contype = 'f' AND (k.confdeltype IN ('c', 'n', 'd') OR k.confupdtype IN ('c', 'n', 'd')))
  )::text AS state
  FROM json_array_elements_text($1::json) WITH ORDINALITY AS n(name, n)
  CROSS JOIN LATERAL parse_ident(n.name) AS path
  JOIN pg_catalog.pg_class c ON c.oid = CASE WHEN cardinality(path) = 1 OR EXISTS (
    SELECT FROM pg_catalog.pg_namespace s
    WHERE s.nspname = path[cardinality(path) - 1] AND has_schema_privilege(s.oid, 'USAGE')
  ) THEN to_regclass(n.name) END`;
