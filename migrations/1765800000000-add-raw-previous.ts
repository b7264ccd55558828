import type { MigrationInterface, QueryRunner } from 'typeorm';
import { namesFor } from './names';

/**
 * Lets SQL alone write events: `previous` may be stored as the database writes values, and an event needs no process.
 *
 * Rows of the earlier release stay as they are and are read as before, because `raw_previous` is false for them. The same holds for rows
 * that a process of the earlier release writes while both releases run. If such a process delivers an update that the newer release
 * captured with `exactPrevious`, it sends old values in the text of the database: it does not call transformers for `previous`, and
 * may list unchanged fields in `changed`. Stop the processes of the earlier release first if hooks with `exactPrevious` provide columns
 * with a transformer.
 *
 * The id of a row (`row_id`) is computed in another way from now on. Events and deliveries that are stored already keep their id. An
 * ordered listener gets the events of one row in order before the upgrade and in order after it, but an event that waits from
 * before may arrive after newer ones of the same row.
 */
export class AddRawPrevious1765800000000 implements MigrationInterface {
  // Bundlers rename classes, and TypeORM knows a migration by its name.
  readonly name = 'AddRawPrevious1765800000000';

  async up(runner: QueryRunner): Promise<void> {
    const { table } = namesFor(runner);
    // A constant default does not rewrite the table.
    await runner.query(
      `ALTER TABLE ${table('event')} ADD COLUMN raw_previous boolean NOT NULL DEFAULT false,
        ALTER COLUMN process_id DROP NOT NULL`,
    );
  }

  /** Events whose `previous` is raw are then read as if it were not. Events without a process get the nil UUID. */
  async down(runner: QueryRunner): Promise<void> {
    const { table } = namesFor(runner);
    await runner.query(
      `UPDATE ${table('event')} SET process_id = '00000000-0000-0000-0000-000000000000' WHERE process_id IS NULL`,
    );
    await runner.query(
      `ALTER TABLE ${table('event')} DROP COLUMN raw_previous, ALTER COLUMN process_id SET NOT NULL`,
    );
  }
}
