import type { QueryRunner } from 'typeorm';

/**
 * Lets whoever releases the runner wait, after its connection went back to the pool. TypeORM releases the runner of a `save()` or a
 * `transaction()` before it returns; in the commit hook the connection is still held.
 */
export function afterRelease(runner: QueryRunner, done: Promise<void>): void {
  const { release } = runner;
  runner.release = async () => {
    runner.release = release;
    await release.call(runner);
    await done;
  };
}
