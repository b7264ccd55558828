import type { MigrationInterface, QueryRunner } from 'typeorm';
import { namesFor } from './names';

/** Gives listeners the option `select`: the fields that they get of those which their hook provides. */
export class AddSelection1766900000000 implements MigrationInterface {
  // Bundlers rename classes, and TypeORM knows a migration by its name.
  readonly name = 'AddSelection1766900000000';

  async up(runner: QueryRunner): Promise<void> {
    const { table } = namesFor(runner);
    await runner.query(`ALTER TABLE ${table('listener')} ADD COLUMN selected text[]`);
  }

  async down(runner: QueryRunner): Promise<void> {
    const { table } = namesFor(runner);
    // Without it, the stored format is what keeps earlier releases from sending all fields.
    await runner.query(`ALTER TABLE ${table('listener')} DROP COLUMN selected`);
  }
}
