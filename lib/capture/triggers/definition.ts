import { grouped } from '../../base/grouped';
import { literal } from '../entity/literal';
import { tableSql } from '../entity/table-sql';
import { dollarQuoted } from './dollar-quoted';
import {
  type TriggerFunction,
  type TriggerParts,
  triggerFunctions,
  unusedPaths,
  versionOf,
} from './functions';

/** The triggers of one hook, as this release defines them. */
export interface TriggerDefinition {
  readonly hook: string;
  /** The table as SQL. */
  readonly table: string;
  readonly functions: readonly TriggerFunction[];
  /** Differs if the SQL of a function or the set of triggers does. */
  readonly version: string;
  readonly up: readonly string[];
  readonly down: readonly string[];
}

/** What the comment of each function begins with; the rest is JSON. */
export const COMMENT = 'typeorm-model-hooks: ';

/** It sorts before most names: what another trigger of the same statement writes to the table is an event after this one. */
export const TRIGGER_PREFIX = 'a_';

export function triggerDefinition(parts: TriggerParts): TriggerDefinition {
  const { hook, metadata } = parts.table;
  const table = tableSql(parts.dataSource, metadata);
  const functions = triggerFunctions(parts);
  const version = versionOf(functions.map(({ sql }) => sql));
  const comment = literal(`${COMMENT}${JSON.stringify({ hook: hook.name, version })}`);
  const paths = functions.map(({ path }) => path);
  return {
    hook: hook.name,
    table,
    functions,
    version,
    up: [
      ...unusedPaths(parts, functions).map(droppedSql),
      ...functions.map(({ sql }) => sql),
      ...paths.map((path) => `REVOKE ALL ON FUNCTION ${path} FROM PUBLIC`),
      ...[...grouped(functions, (one) => one.table)].map(([name, own]) => triggersSql(name, own)),
      ...paths.map((path) => `COMMENT ON FUNCTION ${path} IS ${comment}`),
    ],
    down: paths.map(droppedSql),
  };
}

/** The triggers depend on their function. */
function droppedSql(path: string): string {
  return `DROP FUNCTION IF EXISTS ${path} CASCADE`;
}

/** Creates the triggers of a table and of its partitions, which need their own for statements that name a partition. */
function triggersSql(table: string, functions: readonly TriggerFunction[]): string {
  const created = functions.map(createdUnlessCurrent).join('\n');
  return `DO ${dollarQuoted(`
DECLARE
  place regclass;
BEGIN
  FOR place IN
    SELECT p.relid FROM pg_catalog.pg_partition_tree(${literal(table)}::regclass) p
      JOIN pg_catalog.pg_class c ON c.oid = p.relid AND c.relkind <> 'f'
    UNION SELECT ${literal(table)}::regclass
  LOOP${created}
  END LOOP;
END
`)}`;
}

/** To create a trigger again would lock out readers too. */
function createdUnlessCurrent({ on, name, path }: TriggerFunction): string {
  const trigger = `${TRIGGER_PREFIX}${name}`;
  const rows = TRANSITIONS[on];
  return `
    IF NOT EXISTS (
      SELECT FROM pg_catalog.pg_trigger WHERE tgrelid = place AND tgname = ${literal(trigger)}
        AND tgfoid = ${literal(path)}::regprocedure AND tgenabled IN ('O', 'A')
    ) THEN
      EXECUTE 'DROP TRIGGER IF EXISTS "${trigger}" ON ' || place::text;
      EXECUTE 'CREATE TRIGGER "${trigger}" ${on === 'TRUNCATE' ? 'BEFORE' : 'AFTER'} ${on} ON ' || place::text ||
        ${literal(`${rows} FOR EACH STATEMENT EXECUTE FUNCTION ${path}`)};
    END IF;`;
}

const TRANSITIONS: Readonly<Record<TriggerFunction['on'], string>> = {
  INSERT: ' REFERENCING NEW TABLE AS new_rows',
  UPDATE: ' REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows',
  DELETE: ' REFERENCING OLD TABLE AS old_rows',
  TRUNCATE: '',
};
