import type { MigrationInterface, QueryRunner } from 'typeorm';
import { namesFor } from './names';

/** Merges the events of one row and transaction, for hooks with the option `coalesce`. */
export class AddCoalescing1766900000001 implements MigrationInterface {
  // Bundlers rename classes, and TypeORM knows a migration by its name.
  readonly name = 'AddCoalescing1766900000001';

  async up(runner: QueryRunner): Promise<void> {
    const { table, index, qualified } = namesFor(runner);
    await runner.query(
      // `update_event`: the event is merged, and an update of its hook has this name; empty if the hook has no updates.
      `ALTER TABLE ${table('event')} ADD COLUMN update_event text, ADD COLUMN transaction_id bigint`,
    );
    await runner.query(
      `CREATE INDEX ${index('event_transaction')} ON ${table('event')} (transaction_id, row_id)
        WHERE transaction_id IS NOT NULL AND planned_at IS NULL`,
    );
    // It stays when `synchronize(true)` drops the tables.
    const [place]: { schema: string }[] = await runner.query(
      'SELECT quote_ident(current_schema()) AS schema',
    );
    await runner.query(
      functionSql(qualified('coalesce_event'), table('event'), place?.schema ?? 'pg_temp'),
    );
    await runner.query(
      `CREATE TRIGGER ${index('coalesced')} BEFORE INSERT ON ${table('event')} FOR EACH ROW
        WHEN (NEW.update_event IS NOT NULL AND NEW.row_id IS NOT NULL AND NEW.planned_at IS NULL)
        EXECUTE FUNCTION ${qualified('coalesce_event')}()`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    const { table, index, qualified } = namesFor(runner);
    await runner.query(`DROP TRIGGER ${index('coalesced')} ON ${table('event')}`);
    await runner.query(`DROP FUNCTION ${qualified('coalesce_event')}()`);
    await runner.query(`DROP INDEX ${qualified('event_transaction')}`);
    await runner.query(
      `ALTER TABLE ${table('event')} DROP COLUMN update_event, DROP COLUMN transaction_id`,
    );
  }
}

/**
 * The new event takes the place of the earlier one of its row and transaction, which is deleted, so that a savepoint that is rolled back
 * brings the earlier one back. A role that may write events need not be allowed to delete them. Statistics may describe the table as empty.
 * A setting has the rows with an event, and is rolled back with savepoints too: a look-up in the index for each first event of a row would
 * make serializable transactions fail for each other. After 8,000 characters every event looks.
 */
function functionSql(name: string, event: string, schema: string): string {
  return `CREATE OR REPLACE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, ${schema}, pg_temp SET enable_seqscan = off AS $$
    DECLARE
      earlier ${event}%ROWTYPE;
      before json;
      before_source json;
      seen text := coalesce(current_setting('model_hook.merged', true), '');
      place text := '/' || NEW.row_id || ' ' || NEW.hook || '/';
    BEGIN
      NEW.transaction_id := txid_current();
      IF seen <> '*' AND strpos(seen, place) = 0 THEN
        PERFORM set_config('model_hook.merged', CASE WHEN length(seen) > 8000 THEN '*' ELSE seen || place END, true);
        RETURN NEW;
      END IF;
      DELETE FROM ${event} WHERE transaction_id = NEW.transaction_id AND row_id = NEW.row_id AND hook = NEW.hook
        AND planned_at IS NULL RETURNING * INTO earlier;
      IF NOT FOUND THEN
        RETURN NEW;
      END IF;
      IF earlier.operation = 'insert' THEN
        IF NEW.operation = 'remove' THEN
          RETURN NULL;
        END IF;
      ELSIF earlier.operation = 'remove' THEN
        before := earlier.data;
        before_source := earlier.source -> 'now';
      ELSE
        before := earlier.previous;
        before_source := earlier.source -> 'before';
      END IF;
      IF NEW.source IS NOT NULL THEN
        NEW.source := json_build_object('class', NEW.source -> 'class', 'needs', NEW.source -> 'needs', 'key', NEW.source -> 'key',
          'now', CASE WHEN NEW.operation = 'remove' THEN before_source ELSE NEW.source -> 'now' END,
          'before', CASE WHEN NEW.operation <> 'remove' THEN before_source END);
      END IF;
      IF NEW.operation = 'remove' THEN
        NEW.data := before;
        RETURN NEW;
      END IF;
      NEW.previous := before;
      NEW.raw_previous := before IS NOT NULL;
      IF earlier.operation = 'insert' OR (NEW.operation = 'update' AND earlier.operation IN ('softRemove', 'recover')) THEN
        NEW.operation := earlier.operation;
        NEW.event := earlier.event;
      ELSIF NEW.operation = 'insert' OR (earlier.operation IN ('softRemove', 'recover') AND NEW.operation <> earlier.operation) THEN
        NEW.operation := 'update';
        NEW.event := NEW.update_event;
      END IF;
      IF NEW.operation = 'update' AND (NEW.update_event = '' OR CASE WHEN NEW.source IS NULL
        THEN NEW.data::text = NEW.previous::text
        ELSE (NEW.source -> 'now')::text = (NEW.source -> 'before')::text END) THEN
        RETURN NULL;
      END IF;
      RETURN NEW;
    END $$`;
}
