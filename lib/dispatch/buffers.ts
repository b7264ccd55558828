import { hostname } from 'node:os';
import type { QueryRunner } from 'typeorm';
import { monotonicMs } from '../base/clock';
import { type Buffering, type BufferScope, isInTransaction, newScope } from '../capture/buffering';
import type { HookCatalog } from '../hook/catalog';
import { loggable } from '../logging/loggable';
import type { Logger } from '../logging/logger';
import { bufferPrefix, type HeldBuffers, RELEASED_AT_ONCE } from '../store/buffers';
import type { Lease } from '../store/chunks';
import type { Store } from '../store/store';
import { type BufferOptions, EventBuffer } from './event-buffer';

export interface BuffersParts {
  readonly store: Pick<Store, 'buffers'>;
  readonly catalog: Pick<HookCatalog, 'all'>;
  readonly buffering: Buffering;
  readonly logger: Pick<Logger, 'warn'>;
  /** Events may be planned now. Resolves as a commit with these events would. */
  readonly wake: (eventIds: readonly string[]) => Promise<void>;
}

/** How often the rest of a buffer that has ended is looked for. */
const LOOK_MS = 1_000;

/** A buffer with the objects that its blocks have. */
interface OpenBuffer extends BufferScope {
  readonly number: number;
  readonly handles: Set<EventBuffer>;
}

/**
 * Holds the events of blocks back until they end. A committed event of a block is marked as buffered, so that no process plans it; a flush
 * removes the mark. If this process dies, others do so.
 */
export class Buffers {
  /** Those that are open, and those that ended a moment ago or with open transactions. */
  readonly #open = new Set<OpenBuffer>();
  #count = 0;
  #timer: NodeJS.Timeout | undefined;
  #keptAliveAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly parts: BuffersParts,
    private readonly lease: Lease,
    private readonly now = monotonicMs,
  ) {}

  /** Whether the process must stay known as alive. */
  get isOpen(): boolean {
    return [...this.#open].some(
      ({ isClosed, runners }) => !isClosed || [...runners].some(isInTransaction),
    );
  }

  /** The buffers whose events are not to be released by sweeps. */
  get held(): HeldBuffers {
    const open = [...this.#open].map(({ number }) => number);
    return { processId: this.lease.processId, newest: this.#count, open };
  }

  /** Runs `fn`; the events of its transactions are handed on when the outermost block ends, or at a flush. */
  async run<T>(
    fn: (buffer: EventBuffer) => T | Promise<T>,
    options: Required<BufferOptions>,
  ): Promise<T> {
    const { buffering } = this.parts;
    const outer = buffering.current as OpenBuffer | null;
    const scope = outer ?? (await this.#begin());
    const buffer = new EventBuffer(() => this.#flush(scope), options, this.now);
    scope.handles.add(buffer);
    try {
      return await buffering.run(scope, () => fn(buffer));
    } finally {
      scope.handles.delete(buffer);
      if (!outer) await this.#end(scope);
    }
  }

  /** A transaction has ended, maybe one that was open at the end of a block. */
  ended(runner: QueryRunner): void {
    for (const scope of this.#open) if (scope.isClosed && scope.runners.has(runner)) this.look();
  }

  /** Hands on what blocks have left. Never waits, never throws. */
  look(): void {
    for (const scope of this.#open)
      if (scope.isClosed) this.#flush(scope).catch((error: unknown) => this.#warn(error));
  }

  /** Ends all buffers and hands on their events, before their process leaves the database. */
  async endAll(): Promise<void> {
    for (const scope of this.#open) {
      scope.isClosed = true;
      await this.#flush(scope).catch((error: unknown) => this.#warn(error));
    }
    this.#open.clear();
    this.#stopTimer();
  }

  async #begin(): Promise<OpenBuffer> {
    await this.#keepAlive();
    const { processId, leaseMs } = this.lease;
    this.#timer ??= setInterval(() => this.#tick(), Math.min(LOOK_MS, leaseMs / 3)).unref();
    // A number that was given out belongs to an open buffer at once; see `held`.
    this.#count += 1;
    const scope = newScope(bufferPrefix(processId, this.#count));
    const open = { ...scope, number: this.#count, handles: new Set<EventBuffer>() };
    this.#open.add(open);
    return open;
  }

  /** An error is logged: the work of the block is done, and its events are handed on later. */
  async #end(scope: OpenBuffer): Promise<void> {
    if (!this.#open.has(scope)) return;
    scope.isClosed = true;
    await this.#flush(scope).catch((error: unknown) => this.#warn(error));
  }

  /** A closed buffer is forgotten when none of its transactions can commit further events. It was closed at least a moment ago. */
  async #forget(scope: OpenBuffer): Promise<void> {
    const isComplete = ![...scope.runners].some(isInTransaction);
    await this.#flush(scope);
    if (!isComplete) return;
    this.#open.delete(scope);
    if (this.#open.size === 0) this.#stopTimer();
  }

  async #flush({ prefix, handles, isByTriggers }: OpenBuffer): Promise<void> {
    const { store, catalog, wake } = this.parts;
    for (const handle of handles) handle.noteFlush();
    const released: string[] = [];
    for (let last = RELEASED_AT_ONCE; last === RELEASED_AT_ONCE; ) {
      // The triggers may be those of another release, with other shapes.
      const ids = isByTriggers
        ? await store.buffers.releaseAny(prefix)
        : await store.buffers.release(prefix, catalog.all());
      last = ids.length;
      released.push(...ids);
    }
    if (released.length > 0) await wake(released);
  }

  #stopTimer(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    for (const scope of this.#open)
      if (scope.isClosed) this.#forget(scope).catch((error: unknown) => this.#warn(error));
    if (this.now() - this.#keptAliveAt >= this.lease.leaseMs / 3)
      this.#keepAlive()
        .then(() => this.#releaseLeft())
        .catch((error: unknown) => this.#warn(error));
  }

  async #keepAlive(): Promise<void> {
    const { processId: id, leaseMs } = this.lease;
    await this.parts.store.buffers.keepAlive(
      { id, hostname: hostname(), pid: process.pid },
      leaseMs,
    );
    this.#keptAliveAt = this.now();
  }

  /** While this process buffers, other processes take all of its buffers for open. */
  async #releaseLeft(): Promise<void> {
    const { store, wake } = this.parts;
    if ((await store.buffers.releaseLeft(this.held)) > 0) await wake([]);
  }

  #warn(error: unknown): void {
    this.parts.logger.warn('Buffered events could not be handed on; this is tried again.', {
      error: loggable(error),
    });
  }
}
