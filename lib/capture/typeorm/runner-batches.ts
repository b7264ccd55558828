import type { QueryRunner } from 'typeorm';

interface Batch<Item> {
  readonly items: Item[];
  readonly done: Promise<void>;
}

/**
 * Collects the items that are added in one tick, as one `save()` reports its rows, and handles them together: one statement for any
 * number of rows. Batches of one query runner never overlap, because a connection runs one statement at a time.
 */
export class RunnerBatches<Item> {
  readonly #open = new WeakMap<QueryRunner, Batch<Item>>();
  readonly #last = new WeakMap<QueryRunner, Promise<void>>();

  constructor(
    private readonly handle: (runner: QueryRunner, items: readonly Item[]) => Promise<void>,
  ) {}

  /** Resolves or rejects with the whole batch that the item went into. */
  add(runner: QueryRunner, item: Item): Promise<void> {
    const batch = this.#open.get(runner) ?? this.#begin(runner);
    batch.items.push(item);
    return batch.done;
  }

  /** The last batch of this runner that is not handled yet. */
  pending(runner: QueryRunner): Promise<void> | undefined {
    return this.#last.get(runner);
  }

  #begin(runner: QueryRunner): Batch<Item> {
    const items: Item[] = [];
    const earlier = this.#last.get(runner) ?? Promise.resolve();
    const done = earlier
      .catch(() => undefined)
      .then(() => {
        this.#open.delete(runner);
        return this.handle(runner, items);
      })
      .finally(() => {
        if (this.#last.get(runner) === done) this.#last.delete(runner);
      });
    // Another subscriber may throw before this is awaited. An unhandled rejection would end the process.
    done.catch(() => undefined);
    this.#open.set(runner, { items, done });
    this.#last.set(runner, done);
    return { items, done };
  }
}
