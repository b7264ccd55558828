import { AsyncLocalStorage } from 'node:async_hooks';
import type { QueryRunner } from 'typeorm';

/** A block whose events are planned when it ends. */
export interface BufferScope {
  /** What is put before the shapes of its events. */
  readonly prefix: string;
  /** Query runners whose transactions may hold events of the block that are not committed. */
  readonly runners: Set<QueryRunner>;
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
    current?.runners.add(runner);
    return current !== null;
  }

  /** The same for a transaction that may hold events which triggers wrote. */
  noteTriggers(runner: QueryRunner): void {
    if (this.note(runner) && this.current) this.current.isByTriggers = true;
  }
}
