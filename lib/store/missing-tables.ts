import { TablesMissingError } from '../errors/attach-errors';
import type { Query } from './database';
import type { Tables } from './tables';

const UNDEFINED_TABLE = '42P01';

/** A query that rejects with `TABLES_MISSING` if one of our tables does not exist, as after `synchronize(true)`. */
export function namingMissingTables(query: Query, tables: Tables): Query {
  return (sql, parameters) =>
    query<never>(sql, parameters).catch((error: unknown) => {
      throw namingMissingTable(error, tables);
    });
}

/** `TABLES_MISSING` in place of an error that says that one of our tables does not exist; other errors as they are. */
export function namingMissingTable(error: unknown, tables: Tables): unknown {
  const names = Object.values(tables).map((table) => table.split('.').at(-1) ?? table);
  const missing = missingTable(error, names);
  return missing === undefined ? error : new TablesMissingError([missing], { cause: error });
}

/** The message names the table, in whatever language. */
function missingTable(error: unknown, quotedNames: readonly string[]): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== UNDEFINED_TABLE) return;
  const names = quotedNames.map((quoted) => quoted.replaceAll('"', ''));
  return names.find((name) => new RegExp(`[".]${name}"`).test(error.message));
}
