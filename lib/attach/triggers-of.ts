import type { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';
import type { DefinitionOptions } from '../capture/triggers/options';
import { Triggers } from '../capture/triggers/triggers';
import { HookCatalog } from '../hook/catalog';
import { globbedSchemas } from '../hook/entities';
import { findTables, tablesOf } from '../store/tables';

/**
 * The triggers of a DataSource that need not be attached. Before the database was asked, our tables are taken to be in the schema in
 * which its connections create tables.
 */
export function triggersOf(dataSource: DataSource, options: DefinitionOptions): Triggers {
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
