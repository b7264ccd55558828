import type { DataSource, QueryRunner } from 'typeorm';

/** TypeORM 0.3 has the DataSource of a query runner in `connection` only. */
export function dataSourceOf(runner: QueryRunner): DataSource {
  return runner.dataSource ?? (runner as unknown as { readonly connection: DataSource }).connection;
}
