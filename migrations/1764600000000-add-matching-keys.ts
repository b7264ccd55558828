import type { MigrationInterface, QueryRunner } from 'typeorm';
import { type Names, namesFor } from './names';

/** Tables of match keys. Listeners that are stored already are matched one by one until `hooks.listeners.reindex()` gives them keys. */
export class AddMatchingKeys1764600000000 implements MigrationInterface {
  // Bundlers rename classes, and TypeORM knows a migration by its name.
  readonly name = 'AddMatchingKeys1764600000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements(namesFor(runner))) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const { table } = namesFor(runner);
    await runner.query(`DROP TABLE ${table('key')}, ${table('plan')}`);
    await runner.query(`ALTER TABLE ${table('event')} DROP COLUMN targets`);
    await runner.query(
      `ALTER TABLE ${table('listener')} DROP COLUMN filters, DROP COLUMN keys, DROP COLUMN key_version, DROP COLUMN dynamic`,
    );
  }
}

function statements({ table, index }: Names): readonly string[] {
  return [
    `ALTER TABLE ${table('listener')}
      ADD COLUMN filters json,
      ADD COLUMN keys bigint[] NOT NULL DEFAULT '{}',
      ADD COLUMN key_version int NOT NULL DEFAULT 0,
      ADD COLUMN dynamic boolean NOT NULL DEFAULT false`,
    // Listeners whose match keys another release made. There are none except after an upgrade.
    `CREATE INDEX ${index('listener_unkeyed')} ON ${table('listener')} (id) WHERE active AND NOT dynamic AND key_version <> 1`,
    `CREATE INDEX ${index('listener_dynamic')} ON ${table('listener')} (updated_at) WHERE dynamic`,
    `CREATE TABLE ${table('key')} (
      key bigint NOT NULL,
      listener_id uuid NOT NULL,
      PRIMARY KEY (key, listener_id)
    )`,
    // Not unique, because two transactions that save the first listener of a plan at the same time would wait for each other.
    `CREATE TABLE ${table('plan')} (
      id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      scope text NOT NULL,
      field text NOT NULL,
      operator text NOT NULL,
      length int NOT NULL
    )`,
    `CREATE INDEX ${index('plan_scope')} ON ${table('plan')} (scope)`,
    `ALTER TABLE ${table('event')} ADD COLUMN targets json`,
  ];
}
