import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { satisfies } from 'semver';
import type { DataSource } from 'typeorm';
import { type DefinitionOptions, isByTriggers } from '../capture/triggers/options';
import type { Triggers } from '../capture/triggers/triggers';
import {
  NotInitialisedError,
  TablesMissingError,
  TriggersOutdatedError,
  UnsupportedError,
} from '../errors/attach-errors';
import { OptionInvalidError } from '../errors/option-errors';
import type { Hook } from '../hook/hook';
import type { Rule } from '../options/rules';
import { entityName } from '../store/entities';
import type { Store } from '../store/store';
import { TABLE_NAMES } from '../store/table-names';

export const DATA_SOURCE: Rule = {
  accepts: (value) => typeof value === 'object' && value !== null && 'isInitialized' in value,
  expected: 'an initialised DataSource',
};

const ENCODING = 'UTF8';
const SUPPORTED = '^0.3.20 || ^1.0.0';

/** The version of the installed TypeORM; null if it cannot be found, as in a bundle. */
export function installedVersion(): string | null {
  try {
    // The `exports` of TypeORM do not include its package.json.
    const manifest = join(dirname(require.resolve('typeorm')), 'package.json');
    const { version }: { readonly version: string } = JSON.parse(readFileSync(manifest, 'utf8'));
    return version;
  } catch {
    return null;
  }
}

/** Throws `TYPEORM_UNSUPPORTED` if this version of TypeORM is not supported. */
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
      'The tables of typeorm-model-hooks are not among the entities: add `...modelHookEntities` to the `entities` of the DataSource (as an array).',
    );
}

/** Throws `TYPEORM_UNSUPPORTED` if the database cannot store every text, and `TABLES_MISSING`. */
export async function checkTables({ upkeep }: Store): Promise<void> {
  const { encoding, missing } = await upkeep.readiness();
  if (encoding !== ENCODING)
    throw new UnsupportedError(
      `The encoding of the database is ${encoding}, which cannot store every event and every reply; expected ${ENCODING}. ` +
        `Move the data to a database that was created with: CREATE DATABASE … ENCODING '${ENCODING}' TEMPLATE template0`,
    );
  if (missing.length > 0) throw new TablesMissingError(missing);
}

/**
 * Throws `OPTION_INVALID` if a hook has conditions and merges events that subscribers capture: a change that does not satisfy the conditions
 * makes no event there, so it could not be merged.
 */
export function checkCoalescing(
  hooks: readonly Hook[],
  options: Pick<DefinitionOptions, 'capture'>,
): void {
  for (const hook of hooks) {
    const isMerged = hook.declared.coalesce !== undefined;
    if (!isMerged || hook.when.length === 0 || isByTriggers(hook, options)) continue;
    const text = "with `when` needs `capture: 'triggers'`";
    throw new OptionInvalidError('coalesce', { option: 'coalesce', text }, `hook "${hook.name}"`);
  }
}

/** Installs missing and outdated triggers if that was asked for. Otherwise throws `TRIGGERS_OUTDATED` if there are any. */
export async function checkTriggers(
  triggers: Triggers,
  { installTriggers }: { readonly installTriggers: boolean },
): Promise<void> {
  const states = await triggers.check();
  const wrong = states.flatMap(({ state, ...place }) =>
    state === 'current' ? [] : [{ ...place, state }],
  );
  if (wrong.length === 0) return;
  if (installTriggers) await triggers.install();
  else throw new TriggersOutdatedError(wrong);
}
