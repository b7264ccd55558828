import type { DataSource, QueryRunner } from 'typeorm';
import { isSilenced } from '../silence';
import { dataSourceOf } from '../typeorm/data-source-of';
import { kindOf, type StatementKind } from './statements';

export interface Watch {
  /** Names of the tables whose changes triggers capture. */
  readonly tables: readonly string[];
  /** Events may have been committed. */
  readonly wake: () => void;
}

const watches = new WeakMap<DataSource, Watch>();
const patched = new WeakSet<object>();
const states = new WeakMap<QueryRunner, State>();

/** Watches the statements that the query runners of a DataSource run. Those of other DataSources pass through. */
export function watchStatements(dataSource: DataSource, watch: Watch): void {
  watches.set(dataSource, watch);
  const prototype = queryPrototype(dataSource.createQueryRunner());
  if (patched.has(prototype)) return;
  patched.add(prototype);
  const { query } = prototype;
  prototype.query = function (this: QueryRunner, ...args: QueryArguments) {
    const found = watches.get(dataSourceOf(this));
    return found ? watched(found, this, args, query) : query.apply(this, args);
  };
}

export function stopWatching(dataSource: DataSource): void {
  watches.delete(dataSource);
}

type QueryArguments = [sql: string, parameters?: unknown[], isStructured?: boolean];
type Query = (this: QueryRunner, ...args: QueryArguments) => Promise<unknown>;

/** What this process knows of the transaction of a runner. */
interface State {
  /** A transaction that was begun by a statement of the application's own. */
  isOpen: boolean;
  /** Whether it has written to a watched table. */
  hasWritten: boolean;
  /** Whether triggers are silenced; null if that is not known. */
  isSilenced: boolean | null;
}

async function watched(
  { tables, wake }: Watch,
  runner: QueryRunner,
  args: QueryArguments,
  query: Query,
): Promise<unknown> {
  const [sql] = args;
  const state = states.get(runner) ?? { isOpen: false, hasWritten: false, isSilenced: false };
  states.set(runner, state);
  const kind = kindOf(sql);
  const isInTransaction = state.isOpen || runner.isTransactionActive;
  const result = await withSilence(runner, args, query, { kind, state, isInTransaction });
  if (kind === 'writes' && namesOneOf(tables, sql)) state.hasWritten = true;
  const isDurable = kind === 'ends' || !(isInTransaction || kind === 'begins');
  if (isDurable && state.hasWritten) wake();
  follow(state, kind, isDurable);
  return result;
}

/** The names of tables come before the values of a long statement. Events of one that is overlooked wait for the next sweep. */
function namesOneOf(tables: readonly string[], sql: string): boolean {
  const beginning = sql.slice(0, BEGINNING);
  return tables.some((name) => beginning.includes(name));
}

const BEGINNING = 10_000;

/** `ROLLBACK TO` restores the setting that the savepoint had. */
function follow(state: State, kind: StatementKind, isDurable: boolean): void {
  if (kind === 'begins') state.isOpen = true;
  if (kind === 'rollsBack') state.isSilenced = null;
  if (kind === 'ends') Object.assign(state, { isOpen: false, isSilenced: false });
  if (isDurable) state.hasWritten = false;
}

interface Circumstances {
  readonly kind: StatementKind;
  readonly state: State;
  readonly isInTransaction: boolean;
}

/** In a transaction, the setting stays until a statement outside `hooks.silence()`, so that it is rarely sent. */
async function withSilence(
  runner: QueryRunner,
  args: QueryArguments,
  query: Query,
  { kind, state, isInTransaction }: Circumstances,
): Promise<unknown> {
  const isWanted = isSilenced();
  const mayWrite = kind === 'writes' || kind === 'reads';
  if (!mayWrite) return query.apply(runner, args);
  if (!isInTransaction)
    return isWanted && kind === 'writes' && isOfTypeOrm(args)
      ? alone(runner, args, query)
      : query.apply(runner, args);
  if (isWanted !== state.isSilenced) {
    await query.call(runner, SILENCE_SQL, [isWanted ? 'on' : '']);
    state.isSilenced = isWanted;
  }
  return query.apply(runner, args);
}

/** TypeORM asks for a structured result where its builders write, and has `clear()` for TRUNCATE. */
function isOfTypeOrm([sql, , isStructured]: QueryArguments): boolean {
  return isStructured === true || /^\s*TRUNCATE\s/i.test(sql);
}

/** The setting ends with the transaction, also behind a connection pooler. */
async function alone(runner: QueryRunner, args: QueryArguments, query: Query): Promise<unknown> {
  await query.call(runner, 'START TRANSACTION');
  try {
    await query.call(runner, SILENCE_SQL, ['on']);
    const result = await query.apply(runner, args);
    await query.call(runner, 'COMMIT');
    return result;
  } catch (error) {
    await query.call(runner, 'ROLLBACK').catch(() => undefined);
    throw error;
  }
}

const SILENCE_SQL = `SELECT set_config('model_hook.silenced', $1, true)`;

/** The class that has the method: an application may extend it. */
function queryPrototype(runner: QueryRunner): { query: Query } {
  let prototype: object = Object.getPrototypeOf(runner);
  while (!Object.hasOwn(prototype, 'query')) prototype = Object.getPrototypeOf(prototype);
  return prototype as { query: Query };
}
