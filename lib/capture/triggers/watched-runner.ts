import { AsyncLocalStorage } from 'node:async_hooks';
import type { DataSource, QueryRunner } from 'typeorm';
import type { Buffering } from '../buffering';
import type { Recording } from '../recording';
import { isSilenced } from '../silence';
import { dataSourceOf } from '../typeorm/data-source-of';
import { isPlanned } from '../typeorm/statements';
import type { WritingCode } from '../writing-code';
import { canRunAlone, kindOf, mayFireTriggers, type StatementKind } from './statements';

export interface Watch {
  /** Names of the tables whose changes triggers capture. */
  readonly tables: readonly string[];
  /** Events may have been committed. */
  readonly wake: () => void;
  readonly buffering: Pick<Buffering, 'noteTriggers'>;
  readonly recording: Pick<Recording, 'isOn' | 'during'>;
  readonly code: WritingCode;
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
  /** What triggers are told; null if that is not known. */
  told: Told | null;
  /** Ends when the statements that wait have been sent; null if none waits. */
  turn: Promise<unknown> | null;
}

/** What triggers are told in a transaction. */
interface Told {
  readonly isSilenced: boolean;
  /** What is put before the shapes of their events. */
  readonly buffer: string;
  /** The context of their events as JSON; empty if they have none. */
  readonly context: string;
  /** The same for the span. */
  readonly trace: string;
}

const NOTHING_TOLD: Told = { isSilenced: false, buffer: '', context: '', trace: '' };

function newState(): State {
  return { isOpen: false, hasWritten: false, told: NOTHING_TOLD, turn: null };
}

async function watched(
  { tables, wake, buffering, recording, code }: Watch,
  runner: QueryRunner,
  args: QueryArguments,
  query: Query,
): Promise<unknown> {
  const [sql] = args;
  const state = states.get(runner) ?? newState();
  states.set(runner, state);
  const kind = kindOf(sql);
  const isInTransaction = state.isOpen || runner.isTransactionActive;
  if (kind === 'writes') buffering.noteTriggers(runner);
  const run = () => telling(runner, args, query, { kind, state, isInTransaction, code });
  const isRecorded = recording.isOn && mayStore(kind, args);
  const result = await (isRecorded
    ? recording.during(runner, {
        isInTransaction,
        run,
        runAlone: isAlone(args)
          ? (then) =>
              inTurn(state, async () => ({
                result: await alone(runner, args, query, { wanted: toTell(code), then }),
              }))
          : null,
      })
    : run());
  if (kind === 'writes' && namesOneOf(tables, sql)) state.hasWritten = true;
  const isDurable = kind === 'ends' || !(isInTransaction || kind === 'begins');
  if (isDurable && state.hasWritten) wake();
  follow(state, kind, isDurable);
  return result;
}

function toTell({ buffer, context, trace }: WritingCode): Told {
  return {
    isSilenced: isSilenced(),
    buffer: buffer ?? '',
    context: context?.text ?? '',
    trace: trace ?? '',
  };
}

/** The names of tables come before the values of a long statement. Events of one that is overlooked wait for the next sweep. */
function namesOneOf(tables: readonly string[], sql: string): boolean {
  const beginning = sql.slice(0, BEGINNING);
  return tables.some((name) => beginning.includes(name));
}

const BEGINNING = 10_000;

/** Whether triggers may store events of the statement. What TypeORM reads stores none. */
function mayStore(kind: StatementKind, [sql, , isStructured]: QueryArguments): boolean {
  return mayFireTriggers(sql) && !(kind === 'reads' && isStructured === true);
}

/** A statement that the other capture runs may get a transaction there. */
function isAlone([sql, parameters]: QueryArguments): boolean {
  return canRunAlone(sql) && !isPlanned(parameters);
}

/** `ROLLBACK TO` restores the setting that the savepoint had. */
function follow(state: State, kind: StatementKind, isDurable: boolean): void {
  if (kind === 'begins') state.isOpen = true;
  if (kind === 'rollsBack') state.told = null;
  if (kind === 'ends') Object.assign(state, { isOpen: false, told: NOTHING_TOLD });
  if (isDurable) state.hasWritten = false;
}

interface Circumstances {
  readonly kind: StatementKind;
  readonly state: State;
  readonly isInTransaction: boolean;
  readonly code: WritingCode;
}

/**
 * In a transaction, the settings stay until a statement that wants others, so that they are rarely sent. Outside of one, only statements
 * that TypeORM writes with get them, and for all others they are not even looked up.
 */
async function telling(
  runner: QueryRunner,
  args: QueryArguments,
  query: Query,
  { kind, state, isInTransaction, code }: Circumstances,
): Promise<unknown> {
  const send = () => query.apply(runner, args);
  const isTold =
    (kind === 'writes' || kind === 'reads') &&
    (isInTransaction || (kind === 'writes' && isOfTypeOrm(args)));
  const wanted = isTold ? toTell(code) : null;
  const isKnown = () =>
    wanted === null || isSame(wanted, isInTransaction ? state.told : NOTHING_TOLD);
  if (state.turn === null && isKnown()) return send();
  return inTurn(state, async () => {
    if (wanted === null || isKnown()) return { result: send() };
    if (!isInTransaction) return { result: await alone(runner, args, query, { wanted }) };
    await query.call(runner, TELL_SQL, parametersOf(wanted));
    state.told = wanted;
    return { result: send() };
  });
}

/**
 * Runs `step` after the steps that were started before it. The statements of one runner may be started at the same time: no other one
 * must come between a statement and its settings. What a subscriber of queries runs inside of a step does not wait for the step.
 */
async function inTurn(state: State, step: () => Promise<{ result: unknown }>): Promise<unknown> {
  if (inside.getStore() === state) return (await step()).result;
  const sent = (state.turn ?? Promise.resolve()).then(() => inside.run(state, step));
  const turn = sent.then(end, end);
  state.turn = turn;
  return (await sent).result;

  function end(): void {
    if (state.turn === turn) state.turn = null;
  }
}

const inside = new AsyncLocalStorage<State>();

/** TypeORM asks for a structured result where its builders write, and has `clear()` for TRUNCATE. */
function isOfTypeOrm([sql, , isStructured]: QueryArguments): boolean {
  return isStructured === true || /^\s*TRUNCATE\s/i.test(sql);
}

function isSame(wanted: Told, told: Told | null): boolean {
  return told !== null && TOLD.every((one) => wanted[one] === told[one]);
}

interface Alone {
  readonly wanted: Told;
  /** What is done before the commit. */
  readonly then?: () => Promise<void>;
}

/** The settings end with the transaction, also behind a connection pooler. */
async function alone(
  runner: QueryRunner,
  args: QueryArguments,
  query: Query,
  { wanted, then }: Alone,
): Promise<unknown> {
  await query.call(runner, 'START TRANSACTION');
  try {
    await query.call(runner, TELL_SQL, parametersOf(wanted));
    const result = await query.apply(runner, args);
    await then?.();
    await query.call(runner, 'COMMIT');
    return result;
  } catch (error) {
    await query.call(runner, 'ROLLBACK').catch(() => undefined);
    throw error;
  }
}

const TOLD = ['isSilenced', 'buffer', 'context', 'trace'] as const;

const TELL_SQL = `SELECT set_config('model_hook.silenced', $1, true), set_config('model_hook.buffer', $2, true),
  set_config('model_hook.context', $3, true), set_config('model_hook.trace', $4, true)`;

function parametersOf({ isSilenced: isOn, buffer, context, trace }: Told): unknown[] {
  return [isOn ? 'on' : '', buffer, context, trace];
}

/** The class that has the method: an application may extend it. */
function queryPrototype(runner: QueryRunner): { query: Query } {
  let prototype: object = Object.getPrototypeOf(runner);
  while (!Object.hasOwn(prototype, 'query')) prototype = Object.getPrototypeOf(prototype);
  return prototype as { query: Query };
}
