import type { MigrationInterface, QueryRunner } from 'typeorm';
import { namesFor } from './names';

/** Calls of remote tasks and of task functions, with their results. */
export class AddTasks1766400000000 implements MigrationInterface {
  // Bundlers rename classes, and TypeORM knows a migration by its name.
  readonly name = 'AddTasks1766400000000';

  async up(runner: QueryRunner): Promise<void> {
    const { table, index } = namesFor(runner);
    await runner.query(
      // `lane` is the origin of the URL, or `task:` and the name of the function; tasks of a lane share its places.
      // `ready_at` is when a process may take the task, so it is the end of the lease too; null when the task has ended.
      `CREATE TABLE ${table('task')} (
        id uuid PRIMARY KEY,
        lane text NOT NULL,
        method text NOT NULL,
        url text,
        body text,
        args json,
        headers jsonb NOT NULL DEFAULT '{}',
        key_ids text[] NOT NULL DEFAULT '{}',
        timeout_ms float8 NOT NULL,
        retries int NOT NULL,
        result_ttl_ms float8 NOT NULL,
        maker_id uuid,
        status text NOT NULL DEFAULT 'pending',
        attempt int NOT NULL DEFAULT 0,
        retried int NOT NULL DEFAULT 0,
        process_id uuid,
        token bigint NOT NULL DEFAULT 0,
        ready_at timestamptz,
        retval json,
        error json,
        created_at timestamptz NOT NULL DEFAULT now(),
        ended_at timestamptz,
        expires_at timestamptz
      )`,
    );
    await runner.query(
      `CREATE INDEX ${index('task_ready')} ON ${table('task')} (lane, ready_at) WHERE ready_at IS NOT NULL`,
    );
    await runner.query(
      `CREATE INDEX ${index('task_expires')} ON ${table('task')} (expires_at) WHERE expires_at IS NOT NULL`,
    );
    await runner.query(
      `CREATE INDEX ${index('task_key_ids')} ON ${table('task')} (key_ids) WHERE key_ids <> '{}'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    const { table } = namesFor(runner);
    await runner.query(`DROP TABLE ${table('task')}`);
  }
}
