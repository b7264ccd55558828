import { setTimeout as sleep } from 'node:timers/promises';
import { isUnprepared } from './prepared';

/** Tries of one piece of work that conflicts with other transactions. */
const CONFLICT_TRIES = 5;
/** Tries of one piece of work whose connection was lost. */
const LOST_TRIES = 3;
const CONFLICT_PAUSE_MS = 5;
const LOST_PAUSE_MS = 100;

/** A serialisation failure, and a deadlock. PostgreSQL has rolled the transaction back. */
const CONFLICTS: ReadonlySet<unknown> = new Set(['40001', '40P01']);
/** The server shuts down, has crashed, or starts; or it has waited too long for the next statement of a transaction. */
const SHUTDOWNS: ReadonlySet<unknown> = new Set(['57P01', '57P02', '57P03', '25P03']);
const LOCK_NOT_AVAILABLE = '55P03';
const SOCKET_ERRORS: ReadonlySet<unknown> = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE']);
/** `pg` gives these errors no code. */
const LOST_MESSAGE = /^Connection terminated|is not queryable$/;

/** Runs `work` again if other transactions were in its way, or the connection was lost. `work` must not keep what a failed run did. */
export async function retrying<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      const pauseMs = pauseAfter(error, tries);
      if (pauseMs === null) throw error;
      await sleep(pauseMs);
    }
  }
}

/** Null if the work is given up. */
function pauseAfter(error: unknown, tries: number): number | null {
  if (isConflict(error)) return tries < CONFLICT_TRIES ? spread(CONFLICT_PAUSE_MS, tries) : null;
  if (isLost(error)) return tries < LOST_TRIES ? spread(LOST_PAUSE_MS, tries) : null;
  return null;
}

/** Transactions that have met once must not meet again. */
function spread(pauseMs: number, tries: number): number {
  return pauseMs * tries * (0.5 + Math.random());
}

function isConflict(error: unknown): boolean {
  return CONFLICTS.has(codeOf(error)) || isUnprepared(error);
}

/** Whether the connection ended before the answer. */
export function isLost(error: unknown): boolean {
  const code = codeOf(error);
  if (SHUTDOWNS.has(code) || SOCKET_ERRORS.has(code)) return true;
  if (typeof code === 'string' && /^08...$/.test(code)) return true;
  return error instanceof Error && LOST_MESSAGE.test(error.message);
}

/** Whether another transaction held a lock for too long. */
export function isLocked(error: unknown): boolean {
  return codeOf(error) === LOCK_NOT_AVAILABLE;
}

/** Errors of sockets are not of the same `Error` where a test runner gives each file its own globals. */
function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

/** The connection was lost during a COMMIT, so nobody here knows whether the transaction is committed. It is not run again. */
export class CommitLostError extends Error {
  constructor(cause: unknown) {
    super('The connection to the database was lost during a COMMIT.', { cause });
  }
}
