import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { Deadline, timerMs } from '../base/deadline';
import { NotInitialisedError, StatementTimeoutError } from '../errors/attach-errors';
import { Connection, type PgClient } from './connection';
import { Limit } from './limit';
import { PreparedPool } from './prepared';

/** A client of the pool, and what gives it back; `true` closes it. */
type Taken = readonly [client: PgClient, release: (isBroken: boolean) => void];

/** The driver of TypeORM; only that for PostgreSQL can be attached to. */
interface PoolOwner {
  obtainMasterConnection(): Promise<Taken>;
}

/** The pool of the application has given up waiting for a free connection. */
const EXHAUSTED_MESSAGE = 'timeout exceeded when trying to connect';
const EXHAUSTED_PAUSE_MS = 20;

/** Borrows connections from the pool of the application, a limited number at once. */
export class Pool {
  readonly #limit: Limit;
  readonly #used = new Set<Connection>();

  constructor(
    private readonly dataSource: DataSource,
    connections: number,
    /** Time limit of each statement, and of the wait for a connection, in milliseconds. */
    private readonly statementTimeoutMs: number,
    private readonly prepared = new PreparedPool(false),
  ) {
    this.#limit = new Limit(connections);
  }

  /** Runs `work` with a connection. Throws `STATEMENT_TIMEOUT` if none is free in time. */
  async use<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    if (!this.dataSource.isInitialized) throw new NotInitialisedError();
    await this.#limit.enter();
    try {
      return await this.#withClient(await this.#take(), work);
    } finally {
      this.#limit.leave();
    }
  }

  /** Runs `work` while no connection is borrowed. */
  whileUnused<T>(work: () => Promise<T>): Promise<T> {
    return this.#limit.alone(work);
  }

  /** Closes the connections that are borrowed now: what waits for an answer on them is rejected, and not run again. */
  abandon(): void {
    for (const connection of this.#used) connection.giveUp();
  }

  async #withClient<T>(
    [client, release]: Taken,
    work: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    const connection = new Connection(client, this.statementTimeoutMs, this.prepared.of(client));
    // A lost connection rejects the statement in work; the event beside it would end the process.
    client.on('error', ignore);
    this.#used.add(connection);
    try {
      return await work(connection);
    } finally {
      this.#used.delete(connection);
      client.off('error', ignore);
      release(connection.isDestroyed);
    }
  }

  /** The pool may have less patience than we have. */
  async #take(): Promise<Taken> {
    const deadline = new Deadline(this.statementTimeoutMs);
    for (;;) {
      try {
        return await this.#takeWithin(deadline.leftMs);
      } catch (error) {
        const isExhausted = error instanceof Error && error.message === EXHAUSTED_MESSAGE;
        if (!isExhausted || deadline.hasPassed) throw error;
        await sleep(EXHAUSTED_PAUSE_MS);
      }
    }
  }

  #takeWithin(limitMs: number): Promise<Taken> {
    const owner = this.dataSource.driver as unknown as PoolOwner;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new StatementTimeoutError(this.statementTimeoutMs));
        // A connection that arrives too late goes back.
        taking.then(([, release]) => release(false), ignore);
      }, timerMs(limitMs));
      const taking = owner.obtainMasterConnection();
      taking.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }
}

function ignore(): void {
  // Nothing to do.
}
