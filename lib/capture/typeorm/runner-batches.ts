import type { QueryRunner } from 'typeorm';

interface Batch<Item> {
  readonly items: Item[];
  readonly done: Promise<void>;
}

/**
 * Collects what one `save()` reports, one call after the other in the same tick, and handles it at once: one statement however many
 * rows there are. Batches of one query runner never overlap, because a connection takes one statement at a time.
 */
export class RunnerBatches<Item> {
  readonly #open = new WeakMap<QueryRunner, Batch<Item>>();
  readonly #last = new WeakMap<QueryRunner, Promise<void>>();

  constructor(
    private readonly handle: (runner: QueryRunner, items: readonly Item[]) => Promise<void>,
  ) {}

  /** Resolves, or rejects, with the whole batch that the item went into. */
  add(runner: QueryRunner, item: Item): Promise<void> {
    const batch = this.#open.get(runner) ?? this.#begin(runner);
    batch.items.push(item);
    return batch.done;
  }

  /** What is still being handled for this runner. */
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
    // Another subscriber may throw before anybody awaits this; the batch's own error must not end the process then.
    done.catch(() => undefined);
    this.#open.set(runner, { items, done });
    this.#last.set(runner, done);
    return { items, done };
  }
}
