import type { QueryRunner } from 'typeorm';
import { type TableName, tableName } from '../lib/store/table-names';

/** The names of our tables and indexes, with the quotes, schema and prefix of this DataSource. */
export interface Names {
  readonly table: (name: TableName) => string;
  readonly index: (name: string) => string;
  /** The name of an index or a sequence, for a statement that does not name its table. */
  readonly qualified: (name: string) => string;
}

export function namesFor({ manager, connection }: QueryRunner): Names {
  const { options, driver } = connection ?? manager.connection;
  const schema = 'schema' in options && options.schema ? `${driver.escape(options.schema)}.` : '';
  const prefix = options.entityPrefix ?? '';
  return {
    table: (name) => `${schema}${driver.escape(tableName(name, prefix))}`,
    index: (name) => driver.escape(`${prefix}model_hook_${name}`),
    qualified: (name) => `${schema}${driver.escape(`${prefix}model_hook_${name}`)}`,
  };
}
