import { halfOfPool } from '../../store/pooling';

/** Lets the transactions of handlers hold at most half of the pool's connections. Those that hang leave the others to the application. */
export class TransactionPlaces {
  #taken = 0;
  readonly #waiters: (() => void)[] = [];

  constructor(private readonly poolSize: () => number) {}

  /** Runs `work` when there is a place. Rejects with the reason of the signal if it is aborted before. */
  async within<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    await this.#take(signal);
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  #take(signal: AbortSignal): Promise<void> {
    if (this.#taken < halfOfPool(this.poolSize())) {
      this.#taken += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#waiters.splice(this.#waiters.indexOf(enter), 1);
        reject(signal.reason);
      };
      const enter = () => {
        signal.removeEventListener('abort', abort);
        resolve();
      };
      this.#waiters.push(enter);
      signal.addEventListener('abort', abort, { once: true });
    });
  }

  /** The place goes to the transaction that has waited longest. */
  #leave(): void {
    const next = this.#waiters.shift();
    if (next) next();
    else this.#taken -= 1;
  }
}
