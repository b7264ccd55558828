import type { DataSource } from 'typeorm';

export interface Lifecycle {
  initialised(): Promise<void>;
  /** Called before the connection pool is closed. */
  destroying(): Promise<void>;
}

/**
 * Calls `lifecycle` when a DataSource is destroyed and when it is initialised again. By then it has lost its subscribers, and it has a
 * new connection pool.
 */
export function followLifecycle(dataSource: DataSource, lifecycle: Lifecycle): void {
  const { initialize, destroy } = dataSource;
  dataSource.destroy = async () => {
    if (dataSource.isInitialized) await lifecycle.destroying();
    await destroy.call(dataSource);
  };
  dataSource.initialize = async () => {
    await initialize.call(dataSource);
    await lifecycle.initialised();
    return dataSource;
  };
}
