import type { MigrationInterface, QueryRunner } from 'typeorm';
import { namesFor } from './names';

/** Gives attempts a text for operators: what a reason does not say, because owners of listeners see it. */
export class AddAttemptDetail1766000000000 implements MigrationInterface {
  // Bundlers rename classes, and TypeORM knows a migration by its name.
  readonly name = 'AddAttemptDetail1766000000000';

  async up(runner: QueryRunner): Promise<void> {
    const { table } = namesFor(runner);
    await runner.query(`ALTER TABLE ${table('attempt')} ADD COLUMN detail text`);
  }

  async down(runner: QueryRunner): Promise<void> {
    const { table } = namesFor(runner);
    await runner.query(`ALTER TABLE ${table('attempt')} DROP COLUMN detail`);
  }
}
