import type { DataSource, QueryRunner } from 'typeorm';
import { type Connection, connectionOf } from './connection';
import type { Step } from './pipelined';
import { Pool } from './pool';
import { CommitLostError, isLost, retrying } from './retrying';
import {
  BORROWED,
  COMMIT,
  GIVEN_BACK,
  READ_COMMITTED,
  REPEATABLE_READ,
  ROLLBACK,
  statementSettings,
  timeLimits,
  transactionSettings,
} from './settings';

/** Runs one statement and returns its rows. */
export type Query = <Row>(sql: string, parameters?: readonly unknown[]) => Promise<Row[]>;

/** @defaultValue of `statementTimeoutMs` where none is given */
const STATEMENT_TIMEOUT_MS = 30_000;

/**
 * The one door of our own statements. They bypass TypeORM's logger, because their parameters hold secrets and bodies, which must not
 * appear in the log of the application. They have settings, a notation of values and a time limit of their own; these are sent together
 * with a statement, so they need no round trip, and hold behind a connection pooler too.
 *
 * After a conflict with another transaction, or a lost connection, a statement or a whole transaction is run again.
 */
export class Database {
  readonly #pool: Pool;
  readonly #ofStatement: Step;
  readonly #ofTransaction: Step;
  readonly #ofApplication: Step;

  constructor(
    dataSource: DataSource,
    connections: number,
    statementTimeoutMs: number = STATEMENT_TIMEOUT_MS,
  ) {
    this.#pool = new Pool(dataSource, connections, statementTimeoutMs);
    this.#ofStatement = statementSettings(statementTimeoutMs);
    this.#ofTransaction = transactionSettings(statementTimeoutMs);
    this.#ofApplication = timeLimits(statementTimeoutMs);
  }

  readonly query: Query = (sql, parameters = []) =>
    this.#run(this.#ofStatement, { sql, parameters });

  /** Runs a statement on tables of the application: its settings count, such as its search path, all but the time limits. */
  readonly queryOfApplication: Query = (sql, parameters = []) =>
    this.#run(this.#ofApplication, { sql, parameters });

  /** Runs everything that `work` does in one transaction, on one connection. `work` may run again, from its beginning. */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return retrying(() => this.#transaction(READ_COMMITTED, work));
  }

  /** A transaction whose statements all see what was committed before the first one. `work` may run again, from its beginning. */
  snapshot<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return retrying(() => this.#transaction(REPEATABLE_READ, work));
  }

  /** Runs `work` while none of our statements runs; they wait. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.#pool.whileUnused(work);
  }

  /** Closes the connections that are in use, so that nothing waits for an answer any more. Later statements use others. */
  abandon(): void {
    this.#pool.abandon();
  }

  #run<Row>(settings: Step, main: Step): Promise<Row[]> {
    const series = { before: [READ_COMMITTED, settings], main, after: [COMMIT] };
    return retrying(() =>
      this.#pool.use((connection) => undoing(connection, () => connection.run(series))),
    ) as Promise<Row[]>;
  }

  #transaction<T>(begin: Step, work: (query: Query) => Promise<T>): Promise<T> {
    return this.#pool.use(async (connection) => {
      let before: readonly Step[] = [begin, this.#ofTransaction];
      const query: Query = <Row>(sql: string, parameters: readonly unknown[] = []) => {
        const series = { before, main: { sql, parameters }, after: [] };
        before = [];
        return connection.run(series) as Promise<Row[]>;
      };
      const result = await undoing(connection, () => work(query));
      await commit(connection);
      return result;
    });
  }
}

/** Rolls back if `work` fails. */
async function undoing<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await connection.runAlone(ROLLBACK).catch(() => connection.destroy());
    throw error;
  }
}

async function commit(connection: Connection): Promise<void> {
  try {
    await connection.runAlone(COMMIT);
  } catch (error) {
    throw isLost(error) ? new CommitLostError(error) : error;
  }
}

/** Runs a statement on the connection of a query runner, so inside its transaction, which keeps its settings. */
export async function runOn<Row>(
  runner: QueryRunner,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<Row[]> {
  const connection = await connectionOf(runner);
  const series = { before: [BORROWED], main: { sql, parameters }, after: [GIVEN_BACK] };
  return connection.run(series) as Promise<Row[]>;
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
