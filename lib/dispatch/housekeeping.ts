import { hostname } from 'node:os';
import { monotonicMs } from '../base/clock';
import type { Lease } from '../store/chunks';
import type { Store } from '../store/store';
import { TurnMending } from './claim/turn-mending';
import type { Pruning } from './pruning';

/** Time between two runs of pruning. Sweeps start them, so that a run begins within a minute. */
const PRUNE_EVERY_MS = 30_000;

/** What each process does beside sending: shows that it is alive, repairs turns, and deletes old rows. */
export class Housekeeping {
  readonly #mending: TurnMending;
  #prunedAt: number;
  #pruning: Promise<void> | undefined;

  constructor(
    private readonly store: Pick<Store, 'processes' | 'mending'>,
    private readonly lease: Pick<Lease, 'processId'>,
    private readonly pruning: Pick<Pruning, 'prune' | 'stop'>,
    private readonly now = monotonicMs,
  ) {
    this.#mending = new TurnMending(store);
    this.#prunedAt = now();
  }

  /** Stores that this process is alive. Returns when it attached, by the clock of the database. */
  heartbeat(): Promise<Date> {
    const { processId: id } = this.lease;
    return this.store.processes.heartbeat({ id, hostname: hostname(), pid: process.pid });
  }

  /** Ends pruning, and deletes the row of this process, unless `keepsRow`. */
  async goodbye({ keepsRow = false }: { readonly keepsRow?: boolean } = {}): Promise<void> {
    this.pruning.stop();
    await this.#pruning;
    if (!keepsRow) await this.store.processes.remove(this.lease.processId);
  }

  /** Gives turns to due deliveries that have none, and deletes turns that add nothing. */
  mendTurns(): Promise<void> {
    return this.#mending.mend();
  }

  /** Starts to delete old rows if the last run has ended some time ago. Does not wait for the end of the run. */
  prune(): void {
    if (this.#pruning || this.now() - this.#prunedAt < PRUNE_EVERY_MS) return;
    this.#pruning = this.pruning.prune().then(() => {
      this.#pruning = undefined;
      this.#prunedAt = this.now();
    });
  }
}
