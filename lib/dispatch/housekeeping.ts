import { hostname } from 'node:os';
import { monotonicMs } from '../base/clock';
import type { Lease } from '../store/chunks';
import type { Store } from '../store/store';
import type { Pruning } from './pruning';

const PRUNE_EVERY_MS = 60_000;

/** What each process does beside sending: shows that it is alive, repairs turns, and deletes old rows. */
export class Housekeeping {
  #prunedAt: number;

  constructor(
    private readonly store: Pick<Store, 'processes' | 'turns'>,
    private readonly lease: Pick<Lease, 'processId'>,
    private readonly pruning: Pick<Pruning, 'prune'>,
    private readonly now = monotonicMs,
  ) {
    this.#prunedAt = now();
  }

  /** Stores that this process is alive. Returns when it attached, by the clock of the database. */
  heartbeat(): Promise<Date> {
    const { processId: id } = this.lease;
    return this.store.processes.heartbeat({ id, hostname: hostname(), pid: process.pid });
  }

  /** Deletes the row of this process. */
  goodbye(): Promise<void> {
    return this.store.processes.remove(this.lease.processId);
  }

  /** Gives turns to due deliveries that have none, and deletes turns that add nothing. */
  async mendTurns(): Promise<void> {
    await this.store.turns.mend();
    await this.store.turns.merge();
  }

  /** Deletes a batch of old rows once a minute, or at each call while there may be more. */
  async prune(): Promise<void> {
    if (this.now() - this.#prunedAt < PRUNE_EVERY_MS) return;
    if (!(await this.pruning.prune())) this.#prunedAt = this.now();
  }
}
