import type { DataSource, QueryRunner } from 'typeorm';

/** The part of a client of `pg` that is used here. */
interface Client {
  query(sql: string): Promise<{ readonly rows: readonly { readonly pid: number }[] }>;
}

/** The least number of connections with which the question can be asked. */
const NEEDED = 2;

/**
 * Whether a pooler between this process and the database gives each transaction another connection, as PgBouncer does in transaction
 * mode. While one connection is in a transaction, another one is asked which server process serves it: without such a pooler, that
 * process is always the same, and never that of the first connection. `false` also means that it could not be found out.
 */
export async function arePooledByTransaction(dataSource: DataSource): Promise<boolean> {
  if (poolSizeOf(dataSource) < NEEDED) return false;
  const runners = [dataSource.createQueryRunner('master'), dataSource.createQueryRunner('master')];
  try {
    const [idle, busy] = await Promise.all(runners.map(clientOf));
    return idle !== undefined && busy !== undefined && (await isShared(idle, busy));
  } finally {
    await Promise.all(runners.map((runner) => runner.release()));
  }
}

async function isShared(idle: Client, busy: Client): Promise<boolean> {
  const before = await pidOf(idle);
  await busy.query('BEGIN');
  try {
    const other = await pidOf(busy);
    return other === before || (await pidOf(idle)) !== before;
  } finally {
    await busy.query('ROLLBACK');
  }
}

async function pidOf(client: Client): Promise<number | undefined> {
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid;
}

function clientOf(runner: QueryRunner): Promise<Client> {
  return runner.connect();
}

/** How many connections of a pool of this size one kind of work may hold, so that it leaves the others to the application. */
export function halfOfPool(size: number): number {
  return Math.max(1, Math.floor(size / 2));
}

/** The most connections of the pool. Without a number, that of `pg`. */
export function poolSizeOf({ driver }: DataSource): number {
  const { master } = driver as {
    readonly master?: { readonly options?: { readonly max?: number } };
  };
  return master?.options?.max ?? 10;
}
