import { monotonicMs } from '../base/clock';

/** The rows of a statement that is sent together with a later one of its transaction, or with its COMMIT. */
export class LaterRows<Row> {
  #arrived: ArrivedRows<Row> | null = null;

  /** Null until that statement has run. */
  get arrived(): ArrivedRows<Row> | null {
    return this.#arrived;
  }

  arrive(rows: readonly unknown[]): void {
    this.#arrived = { rows: rows as readonly Row[], atMs: monotonicMs() };
  }
}

export interface ArrivedRows<Row> {
  readonly rows: readonly Row[];
  /** On the clock that is never set. */
  readonly atMs: number;
}
