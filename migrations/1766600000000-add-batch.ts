import type { MigrationInterface, QueryRunner } from 'typeorm';
import { namesFor } from './names';

/** Gives listeners the option `batch`: one request holds several of their events. */
export class AddBatch1766600000000 implements MigrationInterface {
  // Bundlers rename classes, and TypeORM knows a migration by its name.
  readonly name = 'AddBatch1766600000000';

  async up(runner: QueryRunner): Promise<void> {
    const { table } = namesFor(runner);
    await runner.query(`ALTER TABLE ${table('listener')} ADD COLUMN batch jsonb`);
  }

  async down(runner: QueryRunner): Promise<void> {
    const { table } = namesFor(runner);
    await runner.query(`ALTER TABLE ${table('listener')} DROP COLUMN batch`);
  }
}
