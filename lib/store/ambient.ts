import {
  type DataSource,
  type EntityManager,
  type QueryRunner,
  QueryRunnerAlreadyReleasedError,
} from 'typeorm';

/**
 * The query runner whose transaction a call joins: that of the given manager, or the ambient one. Libraries that keep a transaction for
 * the code that runs inside it (typeorm-transactional) let `dataSource.manager` give the manager of that transaction. Undefined if no
 * transaction is open.
 *
 * Throws as TypeORM does if the connection of the transaction was lost: TypeORM has released the query runner then. What is written
 * elsewhere would be committed although the transaction is not. A manager that is given cannot be used after its transaction either.
 */
export function joinedRunner(
  dataSource: DataSource,
  manager?: EntityManager,
): QueryRunner | undefined {
  const runner = manager?.queryRunner ?? dataSource.manager.queryRunner;
  const isGiven = manager?.queryRunner !== undefined;
  if (runner?.isReleased && (isGiven || runner.isTransactionActive))
    throw new QueryRunnerAlreadyReleasedError();
  return runner?.isTransactionActive ? runner : undefined;
}

/**
 * Rejects all further statements of a query runner except its ROLLBACK, although code that uses it may still run. Such statements would come
 * after the ROLLBACK and before the release, and be committed one by one. Inside a nested transaction, TypeORM would only roll back to the
 * savepoint, and give the connection back with an open transaction; so all of it is rolled back.
 */
export function refuseStatements(runner: QueryRunner, reason: unknown): void {
  const query = runner.query.bind(runner) as (sql: string) => Promise<never>;
  runner.query = (sql: string) =>
    sql.startsWith('ROLLBACK') ? query('ROLLBACK') : Promise.reject(reason);
}
