import type { DataSource, QueryRunner } from 'typeorm';
import { v5 as uuidv5 } from 'uuid';
import { deliveriesSql, eventsSql, ID_FUNCTION, listenersSql, WIDE_EVENT } from './seeds-sql';

/** How much is stored. */
export interface Sizes {
  readonly listeners: number;
  readonly deliveries: number;
}

/** What the cases ask for. */
export interface Seeds {
  /** Listeners with a fifth of all deliveries, and with few. */
  readonly hot: string;
  readonly cold: string;
  /** An event with very many deliveries. */
  readonly wide: string;
  /** An owner of some listeners. */
  readonly small: string;
  /** Times in the middle of the stored ones. */
  readonly middle: readonly [since: Date, until: Date];
}

/** Deliveries of one event that very many listeners get. */
const WIDE = 20_000;
const BATCH = 5_000;

/** Stores listeners, events and deliveries by SQL, and gathers statistics. */
export async function seed(dataSource: DataSource, sizes: Sizes): Promise<Seeds> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query('SELECT setseed(0.5)');
    await runner.query(ID_FUNCTION);
    for (const statement of listenersSql(sizes)) await runner.query(statement);
    // Filling indexes row by row takes several times as long as building them.
    const indexes = await droppedIndexes(runner);
    for (const statement of [eventsSql(sizes), deliveriesSql(sizes)]) await runner.query(statement);
    for (const statement of indexes) await runner.query(statement);
    const wide = await wideEvent(runner);
    await runner.query('ANALYZE');
    return await seedsOf(runner, wide);
  } finally {
    await runner.release();
  }
}

/** Drops the indexes of events and deliveries; returns the statements that build them again. */
async function droppedIndexes(runner: QueryRunner): Promise<readonly string[]> {
  const indexes: readonly { readonly name: string; readonly definition: string }[] =
    await runner.query(
      `SELECT indexname AS name, indexdef AS definition FROM pg_indexes
       WHERE tablename IN ('model_hook_event', 'model_hook_delivery') AND indexname NOT LIKE '%_pkey'`,
    );
  for (const { name } of indexes) await runner.query(`DROP INDEX "${name}"`);
  return indexes.map(({ definition }) => definition);
}

/** The ids of its deliveries are those that the package computes. */
async function wideEvent(runner: QueryRunner): Promise<string> {
  const [{ id }] = await runner.query(WIDE_EVENT);
  const listeners: readonly { readonly id: string }[] = await runner.query(
    `SELECT id FROM model_hook_listener ORDER BY identity LIMIT ${WIDE}`,
  );
  for (let first = 0; first < listeners.length; first += BATCH) {
    const ids = listeners.slice(first, first + BATCH).map((listener) => listener.id);
    await runner.query(
      `INSERT INTO model_hook_delivery (id, event_id, listener_id, event, status, attempt, retries, reschedules, created_at)
       SELECT d.id, e.id, d.listener_id, e.event, 'done', 1, 0, 0, e.occurred_at
       FROM unnest($1::uuid[], $2::uuid[]) AS d(id, listener_id), model_hook_event e WHERE e.id = $3`,
      [ids.map((listener) => uuidv5(listener, id)), ids, id],
    );
  }
  return id;
}

async function seedsOf(runner: QueryRunner, wide: string): Promise<Seeds> {
  const [row] = await runner.query(
    `SELECT (SELECT id FROM model_hook_listener WHERE owner = 'hot') AS hot,
       (SELECT id FROM model_hook_listener WHERE owner = 'large' ORDER BY id LIMIT 1) AS cold,
       (SELECT owner FROM model_hook_listener WHERE owner LIKE 'owner-%' GROUP BY owner HAVING count(*) = 7 ORDER BY owner LIMIT 1) AS small,
       now() - interval '16 days' AS since, now() - interval '15 days' AS until`,
  );
  const { hot, cold, small, since, until } = row;
  return { hot, cold, small, wide, middle: [since, until] };
}
