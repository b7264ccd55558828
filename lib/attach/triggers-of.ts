import type { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';
import { Triggers } from '../capture/triggers/triggers';
import { HookCatalog } from '../hook/catalog';
import { globbedSchemas } from '../hook/entities';
import { checkArgument } from '../options/checked';
import { findTables, tablesOf } from '../store/tables';
import { checkDataSource, DATA_SOURCE } from './checks';
import { type AttachOptions, resolveOptions } from './options';

/**
 * The triggers of the hooks of an initialised DataSource that need not be attached. The options are those of `attach`. Until the database
 * is asked, our tables are taken to be in the schema in which its connections create tables. Throws `DATASOURCE_NOT_INITIALISED`,
 * `TYPEORM_UNSUPPORTED` and `OPTION_INVALID`.
 *
 * @example
 * const { up, down } = ModelHooks.triggers(dataSource, { capture: 'triggers' }).sql();
 */
export function triggersOf(dataSource: DataSource, given: AttachOptions = {}): Triggers {
  checkArgument('dataSource', dataSource, DATA_SOURCE);
  checkDataSource(dataSource);
  const options = resolveOptions(given);
  const { schema } = dataSource.options as { readonly schema?: string };
  const { searchSchema } = dataSource.driver as PostgresDriver;
  const catalog = new HookCatalog(dataSource).load();
  let tables = tablesOf(dataSource, schema ?? searchSchema ?? 'public');
  return new Triggers({
    dataSource,
    catalog,
    options,
    tables: () => tables,
    prepare: async () => {
      tables = await findTables(dataSource);
      catalog.load(await globbedSchemas(dataSource));
    },
  });
}
