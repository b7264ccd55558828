import type { MigrationInterface, QueryRunner } from 'typeorm';
import { type Names, namesFor } from './names';

/**
 * Heads, by which deliveries of ordered listeners are claimed, and the indexes that claims, pruning, statistics and the filters of
 * `find` read.
 *
 * Deliveries of the earlier release have no head: `headed` is false for them, and for those that a process of that release stores while
 * both releases run. A claim finds them by an index of their own.
 *
 * The indexes are built while the tables are locked against writing. A table of ten million deliveries takes some minutes.
 */
export class AddHeads1765900000000 implements MigrationInterface {
  // Bundlers rename classes, and TypeORM knows a migration by its name.
  readonly name = 'AddHeads1765900000000';

  async up(runner: QueryRunner): Promise<void> {
    const names = namesFor(runner);
    for (const statement of [...heads(names), ...indexes(names)]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const { table, index, qualified } = namesFor(runner);
    for (const name of ADDED) await runner.query(`DROP INDEX ${qualified(name)}`);
    await runner.query(`DROP TABLE ${table('head')}`);
    await runner.query(`ALTER TABLE ${table('delivery')} DROP COLUMN headed`);
    await runner.query(
      `CREATE INDEX ${index('delivery_listener')} ON ${table('delivery')} (listener_id, created_at, id)`,
    );
    await runner.query(
      `CREATE INDEX ${index('delivery_event')} ON ${table('delivery')} (event_id)`,
    );
  }
}

const ADDED = [
  'event_row',
  'event_planned',
  'delivery_by_listener',
  'delivery_by_event',
  'delivery_by_name',
  'listener_newest',
  'listener_by_owner',
  'listener_by_hook',
  'listener_by_pattern',
  'listener_by_key',
  'listener_by_target',
  'listener_by_active',
] as const;

function heads({ table, index }: Names): readonly string[] {
  return [
    // A constant default does not rewrite the table.
    `ALTER TABLE ${table('delivery')} ADD COLUMN headed boolean NOT NULL DEFAULT false`,
    `CREATE INDEX ${index('delivery_headless')} ON ${table('delivery')} (listener_id, next_at)
      WHERE row_id IS NOT NULL AND next_at IS NOT NULL AND NOT headed`,
    // Rows are inserted and deleted, never updated, so no transaction waits for another.
    `CREATE TABLE ${table('head')} (
      listener_id uuid NOT NULL,
      row_id uuid NOT NULL,
      id bigint GENERATED ALWAYS AS IDENTITY,
      ready_at timestamptz NOT NULL,
      PRIMARY KEY (listener_id, row_id, id)
    )`,
    `CREATE INDEX ${index('head_ready')} ON ${table('head')} (listener_id, ready_at)`,
    `CREATE INDEX ${index('event_row')} ON ${table('event')} (row_id, sequence) WHERE planned_at IS NULL`,
  ];
}

/**
 * The time stands in these indexes as an expression, because PostgreSQL would otherwise prefer to walk the newest rows of all, and reads
 * the whole table if few of them fit. Each index of deliveries names the same time zone in its own way, so that a statement chooses the
 * index by the order that it asks for: without statistics of the table, PostgreSQL cannot know which one has the fewest rows.
 */
function indexes({ table, index, qualified }: Names): readonly string[] {
  const newest = (name: string, what: 'delivery' | 'listener', columns: string, zone = 'UTC') =>
    `CREATE INDEX ${index(name)} ON ${table(what)} (${columns}, (created_at AT TIME ZONE '${zone}'), id)`;
  const given = (column: string) =>
    `${newest(`listener_by_${column}`, 'listener', column)} WHERE ${column} IS NOT NULL`;
  return [
    `CREATE INDEX ${index('event_planned')} ON ${table('event')} (planned_at, id) WHERE planned_at IS NOT NULL`,
    newest('delivery_by_listener', 'delivery', 'listener_id, event, status'),
    newest('delivery_by_event', 'delivery', 'event_id, status', 'GMT'),
    newest('delivery_by_name', 'delivery', 'event, status', 'Etc/UTC'),
    `DROP INDEX ${qualified('delivery_listener')}`,
    `DROP INDEX ${qualified('delivery_event')}`,
    `CREATE INDEX ${index('listener_newest')} ON ${table('listener')} (created_at, id)`,
    // Each index slows the storing of listeners down, so those of rare values hold no others.
    ...['owner', 'hook', 'pattern', 'key'].map(given),
    `${newest('listener_by_active', 'listener', 'active')} WHERE NOT active`,
    // A target may be longer than an entry of a B-tree.
    `CREATE INDEX ${index('listener_by_target')} ON ${table('listener')} USING hash (target)`,
  ];
}
