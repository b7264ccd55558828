import type { QueryRunner } from 'typeorm';
import { COMMENT, TRIGGER_PREFIX, type TriggerDefinition } from './definition';

type Queries = Pick<QueryRunner, 'query'>;

/** What the catalogue of the database says about one definition. */
export interface InstalledTriggers {
  readonly hasTable: boolean;
  /** The versions of its functions; null for one that does not exist. */
  readonly versions: readonly (string | null)[];
  /** Triggers that exist and are enabled. */
  readonly found: number;
  /** Triggers that there should be: each partition has its own. */
  readonly wanted: number;
}

/** A function that runs for a known table and is in no definition: of another release, or of a hook that triggers captured before. */
export interface LeftTrigger {
  readonly hook: string;
  readonly table: string;
  readonly name: string;
  /** The statement that drops it and its triggers. */
  readonly down: string;
}

/** In the order of the definitions. */
export async function installedTriggers(
  runner: Queries,
  definitions: readonly TriggerDefinition[],
): Promise<readonly InstalledTriggers[]> {
  const asked = definitions.map(({ table, functions }, n) => ({
    n,
    place: table,
    functions: functions.map(({ name, path }) => ({ path, trigger: `${TRIGGER_PREFIX}${name}` })),
  }));
  const rows: readonly { readonly facts: string }[] = await runner.query(INSTALLED_SQL, [
    JSON.stringify(asked),
  ]);
  return rows.map(({ facts }) => {
    const { comments, ...counts }: InstalledFacts = JSON.parse(facts);
    return { ...counts, versions: comments.map((comment) => commentOf(comment)?.version ?? null) };
  });
}

/** `tables` are those of all hooks of entities, by the name of the hook. */
export async function leftTriggers(
  runner: Queries,
  tables: ReadonlyMap<string, string>,
  definitions: readonly TriggerDefinition[],
): Promise<readonly LeftTrigger[]> {
  const names = new Set(definitions.flatMap(({ functions }) => functions.map(({ name }) => name)));
  const rows: readonly Readonly<Record<'name' | 'down' | 'table' | 'comment', string>>[] =
    await runner.query(LEFT_SQL, [JSON.stringify([...new Set(tables.values())])]);
  return rows.flatMap(({ comment, ...row }) => {
    const hook = commentOf(comment)?.hook;
    if (hook === undefined || !tables.has(hook) || names.has(row.name)) return [];
    return [{ ...row, hook }];
  });
}

type InstalledFacts = Omit<InstalledTriggers, 'versions'> & {
  readonly comments: readonly (string | null)[];
};

interface Comment {
  readonly hook: string;
  readonly version: string;
}

function commentOf(comment: string | null): Comment | null {
  if (!comment?.startsWith(COMMENT)) return null;
  try {
    return JSON.parse(comment.slice(COMMENT.length));
  } catch {
    return null;
  }
}

/** One text for each definition, which no parser of the application changes. */
const INSTALLED_SQL = `WITH wanted AS (
    SELECT w.*, to_regclass(w.place) AS oid FROM json_to_recordset($1::json) AS w(n int, place text, functions json)
  ), places AS (
    SELECT w.n, w.oid FROM wanted w WHERE w.oid IS NOT NULL
    UNION SELECT w.n, p.relid FROM wanted w, pg_catalog.pg_partition_tree(w.oid) p
      JOIN pg_catalog.pg_class c ON c.oid = p.relid AND c.relkind <> 'f'
  ), functions AS (
    SELECT w.n, f.path, f.trigger, to_regprocedure(f.path) AS oid
    FROM wanted w, json_to_recordset(w.functions) AS f(path text, trigger text)
  ) SELECT json_build_object(
    'hasTable', w.oid IS NOT NULL,
    'comments', (SELECT json_agg(obj_description(f.oid, 'pg_proc')) FROM functions f WHERE f.n = w.n),
    'wanted', (SELECT count(*) FROM places p JOIN functions f USING (n) WHERE p.n = w.n),
    'found', (SELECT count(*) FROM places p JOIN functions f USING (n) JOIN pg_catalog.pg_trigger g
      ON g.tgrelid = p.oid AND g.tgname = f.trigger AND g.tgfoid = f.oid AND g.tgenabled IN ('O', 'A') WHERE p.n = w.n)
  )::text AS facts FROM wanted w ORDER BY w.n`;

const LEFT_SQL = `SELECT DISTINCT p.proname::text AS name, g.tgrelid::regclass::text AS table,
    obj_description(p.oid, 'pg_proc') AS comment, 'DROP FUNCTION ' || p.oid::regprocedure::text || ' CASCADE' AS down
  FROM json_array_elements_text($1::json) AS t(place)
  JOIN pg_catalog.pg_trigger g ON g.tgrelid = to_regclass(t.place) AND NOT g.tgisinternal
  JOIN pg_catalog.pg_proc p ON p.oid = g.tgfoid
  WHERE starts_with(obj_description(p.oid, 'pg_proc'), '${COMMENT}')`;
