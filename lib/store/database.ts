import type { DataSource, QueryRunner } from 'typeorm';
import { type Connection, connectionOf } from './connection';
import { LaterRows } from './later-rows';
import type { Step } from './pipelined';
import { Pool } from './pool';
import { isUnprepared, PreparedPool } from './prepared';
import { CommitLostError, isLost, retrying } from './retrying';
import {
  BORROWED,
  COMMIT,
  GIVEN_BACK,
  NOT_DURABLE,
  PLANNED_ONCE,
  READ_COMMITTED,
  REPEATABLE_READ,
  ROLLBACK,
  statementSettings,
  timeLimits,
  transactionSettings,
} from './settings';

/**
 * How a statement is run. A `frequent` one is kept prepared by the server. So is a `deferred` one, and one with `LaterRows`; these return
 * nothing: in a transaction, they are sent together with the next statement or the COMMIT, so that they need no round trip.
 */
export type StatementUse = 'frequent' | 'deferred' | LaterRows<unknown>;

/** Runs one statement and returns its rows. */
export type Query = <Row>(
  sql: string,
  parameters?: readonly unknown[],
  use?: StatementUse,
) => Promise<Row[]>;

export interface DatabaseOptions {
  /** Whether frequent statements are kept prepared; see `AttachOptions.statements`. */
  readonly statements: 'named' | 'unnamed';
  /** Whether each commit waits for the disk; see `AttachOptions.synchronousCommit`. */
  readonly synchronousCommit: boolean;
}

export const DATABASE_DEFAULTS = {
  statements: 'named',
  synchronousCommit: true,
} as const satisfies DatabaseOptions;

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
  readonly #prepared: PreparedPool;
  readonly #ofStatement: Step;
  readonly #ofTransaction: Step;
  /** For what is done again, under the same ids, if a crash of the database has undone it. */
  readonly #ofRepeatable: { readonly statement: Step; readonly transaction: Step };
  readonly #ofApplication: Step;

  constructor(
    dataSource: DataSource,
    connections: number,
    statementTimeoutMs: number = STATEMENT_TIMEOUT_MS,
    { statements, synchronousCommit }: DatabaseOptions = DATABASE_DEFAULTS,
  ) {
    const further = {
      ...(statements === 'named' && PLANNED_ONCE),
      ...(!synchronousCommit && NOT_DURABLE),
    };
    this.#prepared = new PreparedPool(statements === 'named');
    this.#pool = new Pool(dataSource, connections, statementTimeoutMs, this.#prepared);
    this.#ofStatement = statementSettings(statementTimeoutMs);
    this.#ofTransaction = transactionSettings(statementTimeoutMs);
    this.#ofRepeatable = {
      statement: statementSettings(statementTimeoutMs, further),
      transaction: transactionSettings(statementTimeoutMs, further),
    };
    this.#ofApplication = timeLimits(statementTimeoutMs);
  }

  readonly query: Query = (sql, parameters, use) =>
    this.#run(this.#ofStatement, stepOf(sql, parameters, use));

  /** As `query`, for what is done again if it is lost: the commit need not wait for the disk. */
  readonly queryRepeatable: Query = (sql, parameters, use) =>
    this.#run(this.#ofRepeatable.statement, stepOf(sql, parameters, use));

  /** Runs a statement on tables of the application: its settings count, such as its search path, all but the time limits. */
  readonly queryOfApplication: Query = (sql, parameters) =>
    this.#run(this.#ofApplication, stepOf(sql, parameters));

  /** Runs everything that `work` does in one transaction, on one connection. `work` may run again, from its beginning. */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return retrying(() => this.#transaction([READ_COMMITTED, this.#ofTransaction], work));
  }

  /** A transaction whose statements all see what was committed before the first one. `work` may run again, from its beginning. */
  snapshot<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return retrying(() => this.#transaction([REPEATABLE_READ, this.#ofTransaction], work));
  }

  /** A snapshot for what is done again if it is lost: its commit need not wait for the disk. */
  repeatableSnapshot<T>(work: (query: Query) => Promise<T>): Promise<T> {
    const begin = [REPEATABLE_READ, this.#ofRepeatable.transaction];
    return retrying(() => this.#transaction(begin, work));
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
      this.#pool.use((connection) =>
        this.#preparing(() => undoing(connection, () => connection.run(series))),
      ),
    ) as Promise<Row[]>;
  }

  #transaction<T>(begin: readonly Step[], work: (query: Query) => Promise<T>): Promise<T> {
    return this.#pool.use((connection) =>
      this.#preparing(async () => {
        let before = begin;
        const query: Query = async <Row>(...[sql, parameters, use]: Parameters<Query>) => {
          const main = stepOf(sql, parameters, use);
          if (use === 'deferred' || use instanceof LaterRows) {
            before = [...before, main];
            return [];
          }
          const series = { before, main, after: [] };
          before = [];
          return connection.run(series) as Promise<Row[]>;
        };
        const result = await undoing(connection, () => work(query));
        await commit(connection, before);
        return result;
      }),
    );
  }

  /** Prepares nothing any more if it does not work: the work that failed is run again. */
  async #preparing<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isUnprepared(error)) this.#prepared.giveUp();
      throw error;
    }
  }
}

function stepOf(...[sql, parameters = [], use]: Parameters<Query>): Step {
  const later = use instanceof LaterRows ? { later: use } : {};
  return { sql, parameters, isFrequent: use !== undefined, ...later };
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

/** Sends the statements that were deferred, and commits. */
async function commit(connection: Connection, before: readonly Step[]): Promise<void> {
  try {
    await connection.run({ before, main: COMMIT, after: [] });
  } catch (error) {
    if (isLost(error)) throw new CommitLostError(error);
    await connection.runAlone(ROLLBACK).catch(() => connection.destroy());
    throw error;
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
