import type { DataSource } from 'typeorm';
import { Database } from '../../../lib/store/database';
import { Store } from '../../../lib/store/store';
import { tablesOf } from '../../../lib/store/tables';

/** Our statements over the tables of a DataSource, as an attachment runs them. */
export function testStore(dataSource: DataSource, connections = 2): Store {
  return new Store(new Database(dataSource, connections), tablesOf(dataSource));
}
