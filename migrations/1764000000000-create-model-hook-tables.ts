import type { MigrationInterface, QueryRunner } from 'typeorm';
import type { TableName } from '../lib/store/table-names';
import { type Names, namesFor } from './names';

/** Creates the tables for listeners, events and deliveries. PostgreSQL 12 or later. */
export class CreateModelHookTables1764000000000 implements MigrationInterface {
  // Bundlers rename classes, and TypeORM knows a migration by its name.
  readonly name = 'CreateModelHookTables1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements(namesFor(runner))) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const { table } = namesFor(runner);
    const tables = [...TABLES].reverse().map(table);
    await runner.query(`DROP TABLE ${tables.join(', ')}`);
  }
}

const TABLES = [
  'listener',
  'filter',
  'event',
  'chunk',
  'delivery',
  'attempt',
  'process',
] as const satisfies readonly TableName[];

function statements({ table, index }: Names): readonly string[] {
  return [
    `CREATE TABLE ${table('listener')} (
      id uuid PRIMARY KEY,
      identity text NOT NULL CONSTRAINT ${index('listener_identity')} UNIQUE,
      hook text,
      operations text[],
      pattern text,
      target text NOT NULL,
      content_type text NOT NULL,
      format text,
      secret text NOT NULL,
      digest text NOT NULL,
      headers jsonb NOT NULL,
      owner text,
      key text,
      config json NOT NULL,
      replies boolean NOT NULL,
      delivery jsonb NOT NULL,
      active boolean NOT NULL DEFAULT true,
      inactive_reason text,
      inactive_since timestamptz,
      paused_until timestamptz,
      failing_since timestamptz,
      declared_at timestamptz,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now()
    )`,
    `CREATE INDEX ${index('listener_hook')} ON ${table('listener')} (hook) WHERE active`,
    `CREATE INDEX ${index('listener_pattern')} ON ${table('listener')} (pattern) WHERE active AND pattern IS NOT NULL`,
    `CREATE TABLE ${table('filter')} (
      listener_id uuid NOT NULL REFERENCES ${table('listener')} ON DELETE CASCADE,
      position int NOT NULL,
      field text NOT NULL,
      operator text NOT NULL,
      operand json NOT NULL,
      PRIMARY KEY (listener_id, position)
    )`,
    `CREATE TABLE ${table('event')} (
      id uuid PRIMARY KEY,
      hook text NOT NULL,
      event text NOT NULL,
      operation text,
      ref text,
      sender text,
      headers json,
      data json NOT NULL,
      previous json,
      process_id uuid NOT NULL,
      skipped text,
      occurred_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      planned_at timestamptz
    )`,
    `CREATE INDEX ${index('event_unplanned')} ON ${table('event')} (id) WHERE planned_at IS NULL`,
    `CREATE TABLE ${table('chunk')} (
      id uuid PRIMARY KEY,
      process_id uuid NOT NULL,
      token bigint NOT NULL,
      lease_until timestamptz NOT NULL,
      event_ids uuid[] NOT NULL,
      listener_ids uuid[] NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now()
    )`,
    `CREATE INDEX ${index('chunk_lease')} ON ${table('chunk')} (lease_until)`,
    `CREATE TABLE ${table('delivery')} (
      id uuid PRIMARY KEY,
      event_id uuid NOT NULL,
      listener_id uuid NOT NULL,
      event text NOT NULL,
      status text NOT NULL,
      attempt int NOT NULL,
      retries int NOT NULL,
      reschedules int NOT NULL,
      next_at timestamptz,
      chunk_id uuid,
      http_status int,
      reason text,
      response text,
      retval json,
      duration_ms int,
      attempted_at timestamptz,
      created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )`,
    `CREATE INDEX ${index('delivery_due')} ON ${table('delivery')} (next_at) WHERE next_at IS NOT NULL`,
    `CREATE INDEX ${index('delivery_chunk')} ON ${table('delivery')} (chunk_id) WHERE chunk_id IS NOT NULL`,
    `CREATE INDEX ${index('delivery_newest')} ON ${table('delivery')} (created_at, id)`,
    `CREATE INDEX ${index('delivery_listener')} ON ${table('delivery')} (listener_id, created_at, id)`,
    `CREATE INDEX ${index('delivery_event')} ON ${table('delivery')} (event_id)`,
    `CREATE TABLE ${table('attempt')} (
      delivery_id uuid NOT NULL,
      number int NOT NULL,
      outcome text NOT NULL,
      http_status int,
      reason text,
      response text,
      duration_ms int NOT NULL,
      attempted_at timestamptz NOT NULL,
      PRIMARY KEY (delivery_id, number)
    )`,
    `CREATE TABLE ${table('process')} (
      id uuid PRIMARY KEY,
      hostname text NOT NULL,
      pid int NOT NULL,
      started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )`,
  ];
}
