import type { DataSource } from 'typeorm';

export interface Lifecycle {
  initialised(): Promise<void>;
  /** Called before the connection pool is closed. Never rejects. */
  destroying(): Promise<void>;
  /** Runs `work`, which drops and creates tables, ours among them. */
  rebuilding(work: () => Promise<void>): Promise<void>;
}

/**
 * Calls `lifecycle` when a DataSource is destroyed and when it is initialised again. By then it has lost its subscribers, and it has a
 * new connection pool. If `lifecycle` refuses, the DataSource is not initialised.
 */
export function followLifecycle(dataSource: DataSource, lifecycle: Lifecycle): void {
  const { initialize, destroy, synchronize, dropDatabase } = dataSource;
  dataSource.destroy = async () => {
    if (dataSource.isInitialized) await lifecycle.destroying();
    await destroy.call(dataSource);
  };
  dataSource.initialize = async () => {
    await initialize.call(dataSource);
    try {
      await lifecycle.initialised();
    } catch (error) {
      await destroy.call(dataSource);
      throw error;
    }
    return dataSource;
  };
  let isRebuilding = false;
  const rebuild = async (work: () => Promise<void>) => {
    // `synchronize(true)` calls `dropDatabase()`.
    if (isRebuilding) return work();
    await lifecycle.rebuilding(async () => {
      isRebuilding = true;
      await work().finally(() => {
        isRebuilding = false;
      });
    });
  };
  dataSource.synchronize = (dropBeforeSync) =>
    rebuild(() => synchronize.call(dataSource, dropBeforeSync));
  dataSource.dropDatabase = () => rebuild(() => dropDatabase.call(dataSource));
}
