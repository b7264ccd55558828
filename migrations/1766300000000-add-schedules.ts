import type { MigrationInterface, QueryRunner } from 'typeorm';
import { type Names, namesFor } from './names';

/** Schedules, the due times of their events, and since when which process fires them. */
export class AddSchedules1766300000000 implements MigrationInterface {
  // Bundlers rename classes, and TypeORM knows a migration by its name.
  readonly name = 'AddSchedules1766300000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of added(namesFor(runner))) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const { table } = namesFor(runner);
    await runner.query(`DROP TABLE ${table('schedule')}`);
    await runner.query(
      `ALTER TABLE ${table('process')} DROP COLUMN fires_since, DROP COLUMN fires_until`,
    );
    await runner.query(`ALTER TABLE ${table('event')} DROP COLUMN due_at`);
  }
}

function added({ table, index }: Names): readonly string[] {
  return [
    `CREATE TABLE ${table('schedule')} (
      id uuid PRIMARY KEY,
      name text NOT NULL,
      once boolean NOT NULL,
      cron text,
      every_ms float8,
      timezone text NOT NULL,
      catch_up text NOT NULL,
      data json NOT NULL,
      enabled boolean NOT NULL,
      next_due_at timestamptz,
      last_due_at timestamptz,
      created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )`,
    // Events that fire once may have the name of a schedule.
    `CREATE UNIQUE INDEX ${index('schedule_name')} ON ${table('schedule')} (name) WHERE NOT once`,
    `CREATE INDEX ${index('schedule_due')} ON ${table('schedule')} (next_due_at) WHERE enabled`,
    `ALTER TABLE ${table('process')} ADD COLUMN fires_since timestamptz, ADD COLUMN fires_until timestamptz`,
    `ALTER TABLE ${table('event')} ADD COLUMN due_at timestamptz`,
  ];
}
