import type { DataSource, QueryRunner } from 'typeorm';
import { NotInitialisedError } from '../errors/attach-errors';

/** Runs one statement and returns its rows. */
export type Query = <Row>(sql: string, parameters?: readonly unknown[]) => Promise<Row[]>;

/**
 * Runs our own statements on a limited number of pooled connections. They bypass TypeORM's logger, because their parameters hold
 * secrets and bodies, which must not appear in the log of the application.
 */
export class Database {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(
    private readonly dataSource: DataSource,
    connections: number,
  ) {
    this.#free = connections;
  }

  readonly query: Query = (sql, parameters) =>
    this.#connected((runner) => runOn(runner, sql, parameters));

  /** Runs everything that `work` does in one transaction, on one connection. */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return this.#transaction('START TRANSACTION', work);
  }

  /**
   * A transaction whose statements all see what was committed before the first one. Each of them looks up many rows by index, so
   * sequential scans and compilation are disabled: PostgreSQL often expects them to be cheaper, and they never are. If another
   * transaction has changed a row that `work` changes, `work` runs again on a newer snapshot, up to five times.
   */
  async snapshot<T>(work: (query: Query) => Promise<T>): Promise<T> {
    for (let left = SNAPSHOTS; ; left -= 1) {
      try {
        return await this.#transaction(SNAPSHOT, work);
      } catch (error) {
        if (left === 1 || !isOutdated(error)) throw error;
      }
    }
  }

  #transaction<T>(begin: string, work: (query: Query) => Promise<T>): Promise<T> {
    return this.#connected(async (runner) => {
      const query: Query = (sql, parameters) => runOn(runner, sql, parameters);
      await query(begin);
      try {
        const result = await work(query);
        await query('COMMIT');
        return result;
      } catch (error) {
        await query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    });
  }

  async #connected<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    if (!this.dataSource.isInitialized) throw new NotInitialisedError();
    await this.#acquire();
    const runner = this.dataSource.createQueryRunner();
    try {
      return await work(runner);
    } finally {
      await runner.release();
      this.#release();
    }
  }

  async #acquire(): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #release(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }
}

const SNAPSHOT =
  'START TRANSACTION ISOLATION LEVEL REPEATABLE READ; SET LOCAL enable_seqscan = off; SET LOCAL jit = off';
/** Snapshots for one piece of work, at most. */
const SNAPSHOTS = 5;
const SERIALIZATION_FAILURE = '40001';

function isOutdated(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === SERIALIZATION_FAILURE;
}

/** Runs a statement on the connection of a query runner, so inside its transaction. */
export async function runOn<Row>(
  runner: QueryRunner,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<Row[]> {
  const client: PgClient = await runner.connect();
  try {
    const { rows } = await client.query(sql, [...parameters]);
    return rows as Row[];
  } catch (error) {
    throw withoutValues(error);
  }
}

/** Runs a statement as the application runs its own: TypeORM logs it and tells subscribers about it. */
export async function runLogged<Row>(
  runner: QueryRunner,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<Row[]> {
  // Without the flag, TypeORM returns the rows of an UPDATE or DELETE in another shape than those of an INSERT.
  const { records } = await runner.query(sql, [...parameters], true);
  return records as Row[];
}

/** Removes the fields in which an error of PostgreSQL quotes the refused row or JSON. */
function withoutValues(error: unknown): unknown {
  if (typeof error === 'object' && error !== null)
    for (const quoting of ['detail', 'where', 'internalQuery'])
      Reflect.deleteProperty(error, quoting);
  return error;
}

interface PgClient {
  query(sql: string, parameters: unknown[]): Promise<{ readonly rows: unknown[] }>;
}
