import type { MigrationInterface, QueryRunner } from 'typeorm';
import { namesFor } from './names';

/**
 * Events say which fields they hold, so that processes of two releases can work side by side. Rows that are stored already, and those
 * that a process of the earlier release writes, have an empty `shape`: any process that attaches their hook may plan them.
 */
export class AddEventFields1766100000000 implements MigrationInterface {
  // Bundlers rename classes, and TypeORM knows a migration by its name.
  readonly name = 'AddEventFields1766100000000';

  async up(runner: QueryRunner): Promise<void> {
    const { table, index } = namesFor(runner);
    // A constant default does not rewrite the table.
    await runner.query(`ALTER TABLE ${table('event')} ADD COLUMN shape text NOT NULL DEFAULT ''`);
    // A process walks the events of its own hooks and fields only.
    await runner.query(
      `CREATE INDEX ${index('event_plannable')} ON ${table('event')} (hook, shape, id) WHERE planned_at IS NULL`,
    );
    // Deliveries that a process must judge first. There are none except while two releases run.
    await runner.query(
      `CREATE INDEX ${index('delivery_unjudged')} ON ${table('delivery')} (id)
        WHERE status = 'waiting' AND next_at IS NULL AND chunk_id IS NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    const { table, qualified } = namesFor(runner);
    await runner.query(`DROP INDEX ${qualified('delivery_unjudged')}`);
    await runner.query(`ALTER TABLE ${table('event')} DROP COLUMN shape`);
  }
}
