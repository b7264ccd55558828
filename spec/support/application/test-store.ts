import type { DataSource } from 'typeorm';
import { Database } from '../../../lib/store/database';
import { Store } from '../../../lib/store/store';
import { tablesOf } from '../../../lib/store/tables';

/** The store over the tables of a DataSource, as an attachment has it. */
export function testStore(dataSource: DataSource, connections = 2): Store {
  return new Store(new Database(dataSource, connections), tablesOf(dataSource));
}
