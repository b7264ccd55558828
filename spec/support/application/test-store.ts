import type { DataSource } from 'typeorm';
import { Database, type Query } from '../../../lib/store/database';
import { Store } from '../../../lib/store/store';
import { tablesOf } from '../../../lib/store/tables';

/** Wraps the statements of a transaction, for example to explain them. */
export type Through = (query: Query) => Query;

/** Our statements over the tables of a DataSource, as an attachment runs them. */
export function testStore(dataSource: DataSource, connections = 2, through?: Through): Store {
  const database = through
    ? new WatchedDatabase(dataSource, connections, through)
    : new Database(dataSource, connections);
  return new Store(database, tablesOf(dataSource, 'public'));
}

class WatchedDatabase extends Database {
  constructor(
    dataSource: DataSource,
    connections: number,
    private readonly through: Through,
  ) {
    super(dataSource, connections);
  }

  override transaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return super.transaction((query) => work(this.through(query)));
  }

  override snapshot<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return super.snapshot((query) => work(this.through(query)));
  }
}
