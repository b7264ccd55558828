import type { DataSource, QueryRunner } from 'typeorm';
import type { ComposedStatement, ResultRow, WriteStatement } from '../statement/write';
import { dataSourceOf } from './data-source-of';

/** A result as TypeORM makes it of that of the driver. */
export interface StatementResult {
  raw: unknown;
  records: readonly ResultRow[];
  affected?: number;
}

/** Sends a statement as TypeORM would have sent it. */
export type Send = (statement: ComposedStatement) => Promise<StatementResult>;

export interface StatementReceiver {
  /** Runs a planned statement. The result is the one that the caller would get without us. */
  run(runner: QueryRunner, write: WriteStatement, send: Send): Promise<StatementResult>;
  /** A table is about to be truncated. */
  truncating(tablePath: string): void;
  /** A statement of this process may have changed a table. */
  restructured(): void;
}

/** A builder hands over the list of parameters that it made, so the list says which statement it is. */
const planned = new WeakMap<readonly unknown[], WriteStatement>();
const receivers = new WeakMap<DataSource, StatementReceiver>();
const patched = new WeakSet<object>();

export function planStatement(write: WriteStatement): void {
  planned.set(write.parameters, write);
}

/** Whether the statement with these parameters is planned, and not received yet. */
export function isPlanned(parameters: readonly unknown[] | undefined): boolean {
  return parameters !== undefined && planned.has(parameters);
}

/** Hands planned statements to a receiver, on the query runner that TypeORM runs them on. */
export function receiveStatements(dataSource: DataSource, receiver: StatementReceiver): void {
  receivers.set(dataSource, receiver);
  patch(runnerPrototype(dataSource));
}

export function stopReceivingStatements(dataSource: DataSource, receiver: StatementReceiver): void {
  if (receivers.get(dataSource) === receiver) receivers.delete(dataSource);
}

const ALTERS = /^\s*(?:ALTER|DROP)\s/i;

interface Runner {
  query(sql: string, parameters?: unknown[], isStructured?: boolean): Promise<unknown>;
  clearTable(tablePath: string, ...options: unknown[]): Promise<void>;
}

/** The methods of the class: an application may have assigned its own to one runner. */
function runnerPrototype(dataSource: DataSource): Runner {
  let prototype: object = Object.getPrototypeOf(dataSource.createQueryRunner());
  while (!Object.hasOwn(prototype, 'query')) prototype = Object.getPrototypeOf(prototype);
  return prototype as Runner;
}

function patch(prototype: Runner): void {
  if (patched.has(prototype)) return;
  patched.add(prototype);
  const { query, clearTable } = prototype;
  prototype.query = function (
    this: Runner & QueryRunner,
    sql,
    parameters,
    isStructured,
  ): Promise<unknown> {
    const write = parameters && planned.get(parameters);
    const receiver = write && receivers.get(dataSourceOf(this));
    if (!receiver) {
      const done = query.call(this, sql, parameters, isStructured);
      if (!ALTERS.test(sql)) return done;
      return done.finally(() => receivers.get(dataSourceOf(this))?.restructured());
    }
    planned.delete(parameters);
    return receiver.run(
      this,
      write,
      (one) => query.call(this, one.sql, [...one.parameters], true) as Promise<StatementResult>,
    );
  };
  prototype.clearTable = function (this: Runner & QueryRunner, tablePath, ...options) {
    receivers.get(dataSourceOf(this))?.truncating(tablePath);
    return clearTable.call(this, tablePath, ...options);
  };
}
