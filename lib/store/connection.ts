import type { QueryRunner } from 'typeorm';
import { timerMs } from '../base/deadline';
import { StatementTimeoutError } from '../errors/attach-errors';
import { parserOf } from './parsers';
import { Pipelined, type Protocol, type Series, type Step } from './pipelined';
import type { PreparedStatements } from './prepared';

/** The part of a client of `pg` that is used here. */
export interface PgClient {
  /** Absent in clients without JavaScript's implementation of the protocol, such as that of `pg-native`. */
  readonly connection?: Partial<Protocol>;
  /** Whether the client sends a query before the one before is answered. It then accepts no query object. */
  readonly pipeline?: boolean;
  query(query: Pipelined): void;
  query(query: object): Promise<{ readonly rows: unknown[] }>;
  end(): Promise<void>;
  on(event: 'error', listener: () => void): unknown;
  off(event: 'error', listener: () => void): unknown;
}

type Row = Record<string, unknown>;

/** One connection, with a time limit for each round trip. */
export class Connection {
  #isDestroyed = false;
  #isGivenUp = false;

  constructor(
    private readonly client: PgClient,
    private readonly limitMs: number | null,
    private readonly statements: PreparedStatements | null = null,
  ) {}

  /** Runs a series, and returns the rows of its main statement. Throws `STATEMENT_TIMEOUT` and destroys the connection if it takes too long. */
  async run(series: Series): Promise<Row[]> {
    try {
      const answer = isPipelinable(this.client)
        ? together(this.client, series, this.statements)
        : oneByOne(this.client, series);
      return await this.#inTime(answer);
    } catch (error) {
      if (this.#isGivenUp) throw new StatementGivenUpError();
      throw withoutValues(this.#isCancelled(error) ? this.#timeout() : error);
    }
  }

  /** Runs one statement as it is. */
  runAlone(main: Step): Promise<Row[]> {
    return this.run({ before: [], main, after: [] });
  }

  get isDestroyed(): boolean {
    return this.#isDestroyed;
  }

  /** Closes the connection; the statement in work is rejected. */
  destroy(): void {
    this.#isDestroyed = true;
    this.client.end().catch(() => undefined);
  }

  /** As `destroy()`; what waits for this connection is not run again on another. */
  giveUp(): void {
    this.#isGivenUp = true;
    this.destroy();
  }

  #inTime(answer: Promise<Row[]>): Promise<Row[]> {
    const { limitMs } = this;
    if (limitMs === null) return answer;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(this.#timeout());
        this.destroy();
      }, timerMs(limitMs));
      answer.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }

  /** Whether the server has ended a statement because of its time limit. */
  #isCancelled(error: unknown): boolean {
    const code = error instanceof Error && 'code' in error && error.code;
    return this.limitMs !== null && code === QUERY_CANCELED;
  }

  #timeout(): StatementTimeoutError {
    return new StatementTimeoutError(this.limitMs ?? 0);
  }
}

/** The process stops, and does not wait for the answer. */
class StatementGivenUpError extends Error {
  constructor() {
    super('A statement was given up, because sending stops.');
  }
}

const QUERY_CANCELED = '57014';

/** The connection of a query runner, whose owner decides how long its statements may take. */
export async function connectionOf(runner: QueryRunner): Promise<Connection> {
  return new Connection(await runner.connect(), null);
}

function isPipelinable({ connection, pipeline }: PgClient): boolean {
  return typeof connection?.parse === 'function' && pipeline !== true;
}

function together(
  client: PgClient,
  series: Series,
  statements: PreparedStatements | null,
): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, rows: Row[] = []) => (error ? reject(error) : resolve(rows));
    client.query(new Pipelined(series, done, statements));
  });
}

async function oneByOne(client: PgClient, { before, main, after }: Series): Promise<Row[]> {
  const run = ({ sql, parameters = [] }: Step) =>
    client.query({ text: sql, values: [...parameters], types: OWN_TYPES });
  for (const step of before) {
    const answer = await run(step);
    step.later?.arrive(answer.rows);
  }
  const { rows } = await run(main);
  for (const step of after) await run(step);
  return rows as Row[];
}

const OWN_TYPES = { getTypeParser: (typeId: number) => parserOf(typeId) };

/** Removes the fields in which an error of PostgreSQL quotes the refused row or JSON. */
function withoutValues(error: unknown): unknown {
  if (typeof error === 'object' && error !== null)
    for (const quoting of ['detail', 'where', 'internalQuery'])
      Reflect.deleteProperty(error, quoting);
  return error;
}
