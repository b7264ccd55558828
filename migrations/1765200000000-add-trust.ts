import type { MigrationInterface, QueryRunner } from 'typeorm';
import { type Names, namesFor } from './names';

/** Encrypted and rotated secrets, ordered and paced listeners, turns by which waiting deliveries are claimed, and breakers. */
export class AddTrust1765200000000 implements MigrationInterface {
  // Bundlers rename classes, and TypeORM knows a migration by its name.
  readonly name = 'AddTrust1765200000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements(namesFor(runner))) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const { table, index, qualified } = namesFor(runner);
    await runner.query(`DROP TABLE ${table('turn')}, ${table('pace')}, ${table('origin')}`);
    await runner.query(`ALTER TABLE ${table('delivery')} DROP COLUMN row_id, DROP COLUMN sequence`);
    await runner.query(`DROP INDEX ${qualified('delivery_mended')}`);
    await runner.query(
      `CREATE INDEX ${index('delivery_due')} ON ${table('delivery')} (next_at) WHERE next_at IS NOT NULL`,
    );
    await runner.query(`ALTER TABLE ${table('event')} DROP COLUMN row_id, DROP COLUMN sequence`);
    await runner.query(
      `ALTER TABLE ${table('listener')} DROP COLUMN previous_secret, DROP COLUMN previous_secret_until,
        DROP COLUMN key_ids, DROP COLUMN ordered, DROP COLUMN max_per_second`,
    );
  }
}

function statements({ table, index, qualified }: Names): readonly string[] {
  return [
    `ALTER TABLE ${table('listener')}
      ADD COLUMN previous_secret text,
      ADD COLUMN previous_secret_until timestamptz,
      ADD COLUMN key_ids text[] NOT NULL DEFAULT '{}',
      ADD COLUMN ordered boolean NOT NULL DEFAULT false,
      ADD COLUMN max_per_second float8`,
    // Each process looks up which encryption keys are in use when it attaches.
    `CREATE INDEX ${index('listener_key_ids')} ON ${table('listener')} (key_ids) WHERE key_ids <> '{}'`,
    // No identity column, because adding one would rewrite the table. Events that are stored already have no order.
    `ALTER TABLE ${table('event')} ADD COLUMN row_id uuid, ADD COLUMN sequence bigint`,
    `CREATE SEQUENCE ${qualified('event_sequence')} OWNED BY ${table('event')}.sequence`,
    `ALTER TABLE ${table('event')} ALTER COLUMN sequence SET DEFAULT nextval('${qualified('event_sequence')}')`,
    `ALTER TABLE ${table('delivery')} ADD COLUMN row_id uuid, ADD COLUMN sequence bigint`,
    // Due deliveries are found by their listener from now on. With an index on the time alone, PostgreSQL might scan all due deliveries
    // for each listener, so the index that finds deliveries without a turn is on another expression.
    `DROP INDEX ${qualified('delivery_due')}`,
    `CREATE INDEX ${index('delivery_mended')} ON ${table('delivery')} ((next_at AT TIME ZONE 'UTC')) WHERE next_at IS NOT NULL`,
    `CREATE INDEX ${index('delivery_turn')} ON ${table('delivery')} (listener_id, next_at) WHERE next_at IS NOT NULL AND row_id IS NULL`,
    `CREATE INDEX ${index('delivery_ordered')} ON ${table('delivery')} (listener_id, row_id, sequence)
      WHERE row_id IS NOT NULL AND status IN ('waiting', 'retrying', 'rescheduled')`,
    // Rows are inserted and deleted, never updated, so no transaction waits for another.
    `CREATE TABLE ${table('turn')} (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      listener_id uuid NOT NULL,
      ready_at timestamptz NOT NULL
    )`,
    `CREATE INDEX ${index('turn_ready')} ON ${table('turn')} (ready_at)`,
    `CREATE INDEX ${index('turn_listener')} ON ${table('turn')} (listener_id, ready_at)`,
    `INSERT INTO ${table('turn')} (listener_id, ready_at)
      SELECT listener_id, min(next_at) FROM ${table('delivery')} WHERE next_at IS NOT NULL GROUP BY listener_id`,
    `CREATE TABLE ${table('pace')} (
      listener_id uuid PRIMARY KEY,
      free_at timestamptz NOT NULL
    )`,
    `CREATE TABLE ${table('origin')} (
      origin text PRIMARY KEY,
      opened int NOT NULL,
      open_until timestamptz NOT NULL,
      probe_until timestamptz,
      updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )`,
  ];
}
