import { types } from 'node:util';
import { ModelHookError } from '../errors/model-hook-error';

type Facts = Readonly<Record<string, unknown>>;

/** SQLSTATE classes whose messages name tables, columns and states, but quote no values. */
const CLASSES_WITHOUT_VALUES = new Set([
  '08',
  '0A',
  '25',
  '28',
  '3D',
  '3F',
  '40',
  '42',
  '53',
  '54',
  '55',
  '57',
  '58',
]);
const DATABASE_FACTS = ['severity', 'code', 'schema', 'table', 'constraint', 'routine'] as const;
/** Messages of `pg` about a lost connection. These errors have no code. */
const CONNECTION_TROUBLE = new Set([
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'timeout exceeded when trying to connect',
  'Client has encountered a connection error and is not queryable',
  'Cannot use a pool after calling end on the pool',
]);
const MAX_DEPTH = 3;

/**
 * The facts about an error that a log may show. Messages of the database and of the application can quote values of fields, so they are
 * left out, except for kinds of errors whose messages never do.
 */
export function loggable(error: unknown, depth = 0): Facts {
  try {
    return factsOf(error, depth);
  } catch {
    // Reading a property of an error may throw again.
    return { name: typeof error };
  }
}

function factsOf(error: unknown, depth: number): Facts {
  if (!isError(error)) return { name: typeof error };
  if (error instanceof ModelHookError)
    return { ...error, message: error.message, ...causeOf(error, depth) };
  const original = 'driverError' in error ? error.driverError : error;
  if (isError(original) && 'severity' in original) return databaseFacts(original);
  return { ...facts(error), ...causeOf(error, depth) };
}

function isError(value: unknown): value is Error {
  // An Error of another realm (node:vm, jest) is not an instance of this realm's Error.
  return types.isNativeError(value) || value instanceof Error;
}

function databaseFacts(error: Error & { readonly code?: unknown }): Facts {
  const known = DATABASE_FACTS.flatMap((fact) => {
    const value = (error as unknown as Facts)[fact];
    return typeof value === 'string' ? [[fact, value] as const] : [];
  });
  const isPlain = CLASSES_WITHOUT_VALUES.has(String(error.code).slice(0, 2));
  return {
    name: 'DatabaseError',
    ...Object.fromEntries(known),
    ...(isPlain && { message: error.message }),
  };
}

function facts(error: Error): Facts {
  const { code } = error as { readonly code?: unknown };
  // Messages of the operating system hold the call and the address only.
  const isPlain = 'syscall' in error || CONNECTION_TROUBLE.has(error.message);
  return {
    name: word(error.name) ?? 'Error',
    ...(word(code) !== null && { code }),
    ...(isPlain && { message: error.message }),
    ...(!isPlain && { stack: framesOf(error) }),
  };
}

/** The cause of an error. For an AggregateError, its first error. */
function causeOf(error: Error, depth: number): { readonly cause?: Facts } {
  const [cause = error.cause] = 'errors' in error ? (error.errors as readonly unknown[]) : [];
  return cause === undefined || depth >= MAX_DEPTH ? {} : { cause: loggable(cause, depth + 1) };
}

function word(value: unknown): string | null {
  return (typeof value === 'string' || typeof value === 'number') &&
    /^[\w$.-]{1,64}$/.test(`${value}`)
    ? `${value}`
    : null;
}

/** The frames of the stack. It begins with the message, which can look like a frame; if the message was changed since, there are none. */
function framesOf({ stack, message }: Error): readonly string[] {
  if (typeof stack !== 'string' || typeof message !== 'string') return [];
  const at = stack.indexOf(message);
  if (at < 0) return [];
  const lines = stack.slice(at + message.length).split('\n');
  return lines.filter((line) => line.startsWith('    at ')).map((line) => line.trim());
}
