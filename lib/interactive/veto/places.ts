import type { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';
import { monotonicMs } from '../../base/clock';
import { Deadline } from '../../base/deadline';
import { halfOfPool, poolSizeOf } from '../../store/pooling';

/** What is used of the pool of the application, which is one of `pg`. */
export interface PoolState {
  /** The most connections that it has. */
  readonly size: number;
  /** Whether a call waits for a connection. */
  readonly isWaitedFor: boolean;
}

/** How often it is looked whether to go on waiting, and how long that may go on if others wait for a connection. */
const CHECK_MS = 50;
const STALLED_MS = 500;

interface Waiter {
  readonly timer: NodeJS.Timeout;
  resolve(hasPlace: boolean): void;
}

/**
 * Lets vetoes be asked with at most half of the pool's connections held. Who finds no place waits. It gives up at its time limit, or
 * sooner if no place becomes free while others wait for a connection: these may be the vetoes themselves, which read the database.
 */
export class Places {
  #taken = 0;
  /** When a place was taken or left last. */
  #movedAtMs = 0;
  readonly #waiters: Waiter[] = [];

  constructor(
    private readonly pool: PoolState,
    private readonly stalledMs: number = STALLED_MS,
  ) {}

  /** Number of places that are taken now. */
  get taken(): number {
    return this.#taken;
  }

  /** Whether a place was taken within the time limit. Each place that is taken must be left. */
  async take(limitMs: number): Promise<boolean> {
    if (this.#taken < this.#places && this.#waiters.length === 0) {
      this.#taken += 1;
      this.#movedAtMs = monotonicMs();
      return true;
    }
    return this.#waited(new Deadline(limitMs));
  }

  leave(): void {
    this.#movedAtMs = monotonicMs();
    const next = this.#waiters.shift();
    if (!next) this.#taken -= 1;
    else {
      clearInterval(next.timer);
      next.resolve(true);
    }
  }

  #waited(deadline: Deadline): Promise<boolean> {
    return new Promise((resolve) => {
      const check = (): void => {
        const stalledMs = monotonicMs() - this.#movedAtMs;
        const isStalled = stalledMs >= this.stalledMs && this.pool.isWaitedFor;
        if (!deadline.hasPassed && !isStalled) return;
        clearInterval(waiter.timer);
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        resolve(false);
      };
      const waiter = { timer: setInterval(check, CHECK_MS), resolve };
      this.#waiters.push(waiter);
    });
  }

  get #places(): number {
    return halfOfPool(this.pool.size);
  }
}

/** The pool of a DataSource, which is another one after each initialisation. */
export function poolOf(dataSource: DataSource): PoolState {
  const { master } = dataSource.driver as PostgresDriver;
  return {
    size: poolSizeOf(dataSource),
    isWaitedFor: (master?.waitingCount ?? 0) > 0,
  };
}
