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
  if (definitions.length === 0) return [];
  const asked = definitions.map(({ functions }, n) => ({
    n,
    functions: functions.map(({ name, path, table: place }) => ({
      path,
      place,
      trigger: `${TRIGGER_PREFIX}${name}`,
    })),
  }));
  const rows: readonly { readonly facts: string }[] = await runner.query(INSTALLED_SQL, [
    JSON.stringify(asked),
    asked.flatMap(({ functions }) => functions).length,
  ]);
  return rows.map(({ facts }) => {
    const { comments, ...counts }: InstalledFacts = JSON.parse(facts);
    return { ...counts, versions: comments.map((comment) => commentOf(comment)?.version ?? null) };
  });
}

/** `places` are the tables of all hooks of entities, by the name of the hook. */
export async function leftTriggers(
  runner: Queries,
  places: ReadonlyMap<string, readonly string[]>,
  definitions: readonly TriggerDefinition[],
): Promise<readonly LeftTrigger[]> {
  const names = new Set(definitions.flatMap(({ functions }) => functions.map(({ name }) => name)));
  const rows: readonly Readonly<Record<'name' | 'down' | 'table' | 'comment', string>>[] =
    await runner.query(LEFT_SQL, [JSON.stringify([...new Set([...places.values()].flat())])]);
  return rows.flatMap(({ comment, ...row }) => {
    const hook = commentOf(comment)?.hook;
    if (hook === undefined || !places.has(hook) || names.has(row.name)) return [];
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

/**
 * One text for each definition, which no parser of the application changes. `$2` is the number of functions: without the limit, PostgreSQL
 * expects 10,000 of them, and compiles the query (JIT) for half a second.
 */
const INSTALLED_SQL = `WITH functions AS (
    SELECT w.n, f.path, f.trigger, to_regprocedure(f.path) AS oid, to_regclass(f.place) AS place
    FROM json_to_recordset($1::json) AS w(n int, functions json),
      json_to_recordset(w.functions) AS f(path text, trigger text, place text) LIMIT $2
  ), triggers AS (
    SELECT n, trigger, oid AS function, place FROM functions
    UNION SELECT f.n, f.trigger, f.oid, p.relid FROM functions f, pg_catalog.pg_partition_tree(f.place) p
      JOIN pg_catalog.pg_class c ON c.oid = p.relid AND c.relkind <> 'f'
  ) SELECT json_build_object(
    'hasTable', bool_and(f.place IS NOT NULL),
    'comments', json_agg(obj_description(f.oid, 'pg_proc')),
    'wanted', (SELECT count(*) FROM triggers t WHERE t.n = f.n),
    'found', (SELECT count(*) FROM triggers t JOIN pg_catalog.pg_trigger g
      ON g.tgrelid = t.place AND g.tgname = t.trigger AND g.tgfoid = t.function AND g.tgenabled IN ('O', 'A') WHERE t.n = f.n)
  )::text AS facts FROM functions f GROUP BY f.n ORDER BY f.n`;

const LEFT_SQL = `SELECT DISTINCT p.proname::text AS name, g.tgrelid::regclass::text AS table,
    obj_description(p.oid, 'pg_proc') AS comment, 'DROP FUNCTION ' || p.oid::regprocedure::text || ' CASCADE' AS down
  FROM json_array_elements_text($1::json) AS t(place)
  JOIN pg_catalog.pg_trigger g ON g.tgrelid = to_regclass(t.place) AND NOT g.tgisinternal
  JOIN pg_catalog.pg_proc p ON p.oid = g.tgfoid
  WHERE starts_with(obj_description(p.oid, 'pg_proc'), '${COMMENT}')`;
