import type { OutcomeRecord } from './outcome-record';

/** The engine of a process that sends, as other parts see it. */
export interface Wakeable {
  /** Events may have been committed. */
  committed(): void;
  /** A delivery is due after `afterMs`. */
  due(afterMs: number): void;
  /** Outcomes are stored. `lost` holds the keys of chunks that another process has taken over. */
  recorded(records: readonly OutcomeRecord[], lost: ReadonlySet<string>): void;
}

/** Wakes the engine of this process, if one runs. Made first when attaching and given to every part that finds work. */
export class Wakeup implements Wakeable {
  #engine: Wakeable | undefined;

  /** Sets the engine that is woken from now on; undefined: none. */
  bind(engine: Wakeable | undefined): void {
    this.#engine = engine;
  }

  committed(): void {
    this.#engine?.committed();
  }

  due(afterMs = 0): void {
    this.#engine?.due(afterMs);
  }

  recorded(records: readonly OutcomeRecord[], lost: ReadonlySet<string>): void {
    this.#engine?.recorded(records, lost);
  }
}
