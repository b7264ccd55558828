import type { MigrationInterface, QueryRunner } from 'typeorm';
import { namesFor } from './names';

/** Buffers of events: since when their processes are alive, and what marks the events that triggers write inside a buffer. */
export class AddBuffers1766500000000 implements MigrationInterface {
  // Bundlers rename classes, and TypeORM knows a migration by its name.
  readonly name = 'AddBuffers1766500000000';

  async up(runner: QueryRunner): Promise<void> {
    const { table, index, qualified } = namesFor(runner);
    await runner.query(
      // Until then, the process is expected to show that it is alive; null if it has buffered nothing.
      `ALTER TABLE ${table('process')} ADD COLUMN buffers_until timestamptz`,
    );
    await runner.query(
      // It stays when `synchronize(true)` drops the tables.
      `CREATE OR REPLACE FUNCTION ${qualified('buffer_event')}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          NEW.shape := current_setting('model_hook.buffer') || NEW.shape;
          RETURN NEW;
        END $$`,
    );
    await runner.query(
      // Subscribers write the mark themselves. An event that is never planned needs none.
      `CREATE TRIGGER ${index('buffered')} BEFORE INSERT ON ${table('event')} FOR EACH ROW
        WHEN (coalesce(current_setting('model_hook.buffer', true), '') <> '' AND NEW.planned_at IS NULL
          AND NEW.shape NOT LIKE 'buffer:%')
        EXECUTE FUNCTION ${qualified('buffer_event')}()`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    const { table, index, qualified } = namesFor(runner);
    await runner.query(`DROP TRIGGER ${index('buffered')} ON ${table('event')}`);
    await runner.query(`DROP FUNCTION ${qualified('buffer_event')}()`);
    await runner.query(`ALTER TABLE ${table('process')} DROP COLUMN buffers_until`);
  }
}
