import type { DataSource } from 'typeorm';

export interface Lifecycle {
  readonly initialised: () => Promise<void>;
  /** Called while the pool is still there. */
  readonly destroying: () => Promise<void>;
}

/** Follows a DataSource that is destroyed and initialised again: it forgets its subscribers, and its pool is a new one. */
export function followLifecycle(
  dataSource: DataSource,
  { initialised, destroying }: Lifecycle,
): void {
  const { initialize, destroy } = dataSource;
  dataSource.destroy = async () => {
    if (dataSource.isInitialized) await destroying();
    await destroy.call(dataSource);
  };
  dataSource.initialize = async () => {
    await initialize.call(dataSource);
    await initialised();
    return dataSource;
  };
}
