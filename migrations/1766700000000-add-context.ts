import type { MigrationInterface, QueryRunner } from 'typeorm';
import { namesFor } from './names';

/** The context and the trace in which an event was captured, and what gives both to the events that triggers write. */
export class AddContext1766700000000 implements MigrationInterface {
  // Bundlers rename classes, and TypeORM knows a migration by its name.
  readonly name = 'AddContext1766700000000';

  async up(runner: QueryRunner): Promise<void> {
    const { table, index, qualified } = namesFor(runner);
    await runner.query(
      `ALTER TABLE ${table('event')} ADD COLUMN context json, ADD COLUMN trace json`,
    );
    await runner.query(`ALTER TABLE ${table('schedule')} ADD COLUMN context json`);
    await runner.query(
      // It stays when `synchronize(true)` drops the tables.
      `CREATE OR REPLACE FUNCTION ${qualified('event_context')}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          NEW.context := nullif(current_setting('model_hook.context', true), '')::json;
          NEW.trace := nullif(current_setting('model_hook.trace', true), '')::json;
          RETURN NEW;
        END $$`,
    );
    await runner.query(
      // Events of triggers name no process. All other events are written with their own context, or without one.
      `CREATE TRIGGER ${index('in_context')} BEFORE INSERT ON ${table('event')} FOR EACH ROW
        WHEN (NEW.process_id IS NULL AND (coalesce(current_setting('model_hook.context', true), '') <> ''
          OR coalesce(current_setting('model_hook.trace', true), '') <> ''))
        EXECUTE FUNCTION ${qualified('event_context')}()`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    const { table, index, qualified } = namesFor(runner);
    await runner.query(`DROP TRIGGER ${index('in_context')} ON ${table('event')}`);
    await runner.query(`DROP FUNCTION ${qualified('event_context')}()`);
    await runner.query(`ALTER TABLE ${table('schedule')} DROP COLUMN context`);
    await runner.query(`ALTER TABLE ${table('event')} DROP COLUMN context, DROP COLUMN trace`);
  }
}
