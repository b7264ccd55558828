import type { DataSource, EntityManager, QueryRunner } from 'typeorm';

/**
 * The query runner whose transaction a call joins: that of the given manager, or the ambient one. Libraries that keep a transaction for
 * the code that runs inside it (typeorm-transactional) let `dataSource.manager` give the manager of that transaction. Undefined if no
 * transaction is open.
 */
export function joinedRunner(
  dataSource: DataSource,
  manager?: EntityManager,
): QueryRunner | undefined {
  const runner = manager?.queryRunner ?? dataSource.manager.queryRunner;
  return runner?.isTransactionActive && !runner.isReleased ? runner : undefined;
}
