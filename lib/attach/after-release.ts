import type { QueryRunner } from 'typeorm';

/**
 * Makes `runner.release()` wait for `done` after its connection has gone back to the pool. TypeORM releases the runner of a `save()` or
 * a `transaction()` before the call returns. The commit hook cannot wait, because the connection is still in use there.
 */
export function afterRelease(runner: QueryRunner, done: Promise<void>): void {
  const { release } = runner;
  runner.release = async () => {
    runner.release = release;
    await release.call(runner);
    await done;
  };
}
