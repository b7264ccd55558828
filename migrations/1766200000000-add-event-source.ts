import type { MigrationInterface, QueryRunner } from 'typeorm';
import { namesFor } from './names';

/**
 * Triggers write events of hooks with functions before these functions have run. Until an event is planned, `source` holds the columns
 * that the functions need.
 */
export class AddEventSource1766200000000 implements MigrationInterface {
  // Bundlers rename classes, and TypeORM knows a migration by its name.
  readonly name = 'AddEventSource1766200000000';

  async up(runner: QueryRunner): Promise<void> {
    const { table } = namesFor(runner);
    await runner.query(`ALTER TABLE ${table('event')} ADD COLUMN source json`);
  }

  async down(runner: QueryRunner): Promise<void> {
    const { table } = namesFor(runner);
    await runner.query(`ALTER TABLE ${table('event')} DROP COLUMN source`);
  }
}
