import { AsyncLocalStorage } from 'node:async_hooks';
import type { QueryRunner } from 'typeorm';

/** A block whose events are planned when it ends. */
export interface BufferScope {
  /** What is put before the shapes of its events. */
  readonly prefix: string;
  /** Query runners whose transactions may hold events of the block that are not committed. */
  readonly runners: Set<QueryRunner>;
  /** At this number of runners, those whose transactions have ended are dropped. */
  mostRunners: number;
  isClosed: boolean;
  /** Whether triggers may have written events of the block. */
  isByTriggers: boolean;
}

/** The buffers of one attachment, as far as capture knows them. */
export class Buffering {
  readonly #scopes = new AsyncLocalStorage<BufferScope>();

  /** The outermost buffer that the present code runs in. Work that outlives its block is not buffered. */
  get current(): BufferScope | null {
    const scope = this.#scopes.getStore();
    return scope && !scope.isClosed ? scope : null;
  }

  run<T>(scope: BufferScope, fn: () => T): T {
    return this.#scopes.run(scope, fn);
  }

  /** The transaction of this query runner holds events of the present buffer. False if there is none. */
  note(runner: QueryRunner): boolean {
    const { current } = this;
    if (current && !current.runners.has(runner)) add(runner, current);
    return current !== null;
  }

  /** The same for a transaction that may hold events which triggers wrote. */
  noteTriggers(runner: QueryRunner): void {
    if (this.note(runner) && this.current) this.current.isByTriggers = true;
  }
}

/** Query runners whose transactions have ended are dropped when this many were added since. */
const DROPPED_AFTER = 100;

/** A block may go on for very long, and each write has a query runner of its own. */
function add(runner: QueryRunner, scope: BufferScope): void {
  if (scope.runners.size >= scope.mostRunners) {
    for (const one of scope.runners) if (!isInTransaction(one)) scope.runners.delete(one);
    scope.mostRunners = 2 * scope.runners.size + DROPPED_AFTER;
  }
  scope.runners.add(runner);
}

/** Whether TypeORM has begun a transaction with it that has not ended. */
export function isInTransaction(runner: QueryRunner): boolean {
  return runner.isTransactionActive && !runner.isReleased;
}

/** The state in which a block begins. */
export function newScope(prefix: string): BufferScope {
  return {
    prefix,
    runners: new Set(),
    mostRunners: DROPPED_AFTER,
    isClosed: false,
    isByTriggers: false,
  };
}
