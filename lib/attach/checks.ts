import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { satisfies } from 'semver';
import type { DataSource } from 'typeorm';
import { NotInitialisedError, TablesMissingError, UnsupportedError } from '../errors/attach-errors';
import type { Database } from '../store/database';
import { entityName } from '../store/entities';
import { TABLE_NAMES } from '../store/table-names';
import type { Tables } from '../store/tables';

const SUPPORTED = '^0.3.20 || ^1.0.0';

/** The version of TypeORM beside us; null where a bundler left no trace of it. */
export function installedVersion(): string | null {
  try {
    // TypeORM's `exports` do not let its package.json be required.
    const manifest = join(dirname(require.resolve('typeorm')), 'package.json');
    const { version }: { readonly version: string } = JSON.parse(readFileSync(manifest, 'utf8'));
    return version;
  } catch {
    return null;
  }
}

/** Throws `TYPEORM_UNSUPPORTED` where this version of TypeORM is none that is supported. */
export function checkVersion(version: string | null): void {
  if (version !== null && !satisfies(version, SUPPORTED, { includePrerelease: true }))
    throw new UnsupportedError(`TypeORM ${version} is not supported; expected ${SUPPORTED}.`);
}

/** Throws `DATASOURCE_NOT_INITIALISED` and `TYPEORM_UNSUPPORTED`. */
export function checkDataSource(dataSource: DataSource): void {
  if (!dataSource.isInitialized) throw new NotInitialisedError();
  const { type } = dataSource.options;
  if (type !== 'postgres')
    throw new UnsupportedError(`The driver "${type}" is not supported; expected "postgres".`);
  const missing = TABLE_NAMES.map(entityName).filter((name) => !dataSource.hasMetadata(name));
  if (missing.length > 0)
    throw new UnsupportedError(
      'The DataSource does not know our tables: add `...modelHookEntities` to its `entities` (as an array).',
    );
}

/** Throws `TABLES_MISSING`. */
export async function checkTables({ query }: Database, tables: Tables): Promise<void> {
  const missing = await query<{ name: string }>(
    'SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NULL',
    [Object.values(tables)],
  );
  if (missing.length > 0) throw new TablesMissingError(missing.map(({ name }) => name));
}
