import { AsyncLocalStorage } from 'node:async_hooks';
import type { QueryRunner } from 'typeorm';
import { grouped } from '../base/grouped';
import type { RecordedEventRow } from '../store/recorded-events';
import type { Store } from '../store/store';

/** A block whose events are recorded. */
interface RecordedBlock {
  readonly outer: RecordedBlock | null;
  /** By event id, with the query runner that stored the event. */
  readonly events: Map<string, Recorded>;
  isClosed: boolean;
}

interface Recorded {
  readonly row: RecordedEventRow;
  /** Null if another connection stored it. */
  readonly runner: QueryRunner | null;
}

export interface RecordingOptions {
  /** Whether events are recorded that other connections commit meanwhile. */
  readonly others: boolean;
}

/** How a statement runs whose events are recorded. */
export interface RecordedStatement {
  /** Whether the application has begun a transaction. */
  readonly isInTransaction: boolean;
  /** Runs the statement. */
  readonly run: () => Promise<unknown>;
  /** Runs the statement in a transaction of its own. Null if it cannot run in one. */
  readonly runAlone: ((beforeCommit: () => Promise<void>) => Promise<unknown>) | null;
}

/**
 * Records the events of blocks for tests, also those of open transactions. An event is read by the connection that stored it, before that
 * can commit. So what happens to the row later changes nothing of what was recorded, unless a later event takes its place.
 */
export class Recording {
  readonly #blocks = new AsyncLocalStorage<RecordedBlock>();
  readonly #open = new Set<RecordedBlock>();
  #isResting = false;

  constructor(private readonly store: Pick<Store, 'joining' | 'recorded'>) {}

  /** Whether events are recorded now. */
  get isOn(): boolean {
    return this.#open.size > 0 && !this.#isResting;
  }

  /** Runs `fn`. Returns its result, and its events in the order in which they were stored, without those that were rolled back. */
  async run<T>(
    fn: () => T | Promise<T>,
    { others }: RecordingOptions,
  ): Promise<{ readonly result: T; readonly rows: readonly RecordedEventRow[] }> {
    const outer = this.#blocks.getStore() ?? null;
    const block: RecordedBlock = { outer, events: new Map(), isClosed: false };
    const mark = others ? await this.store.recorded.mark() : null;
    this.#open.add(block);
    try {
      const result = await this.#blocks.run(block, fn);
      if (mark !== null) add([block], null, await this.store.recorded.after(mark));
      return { result, rows: await this.#standing([...block.events.values()]) };
    } finally {
      block.isClosed = true;
      this.#open.delete(block);
    }
  }

  /** Runs `work`, which drops and creates our tables. */
  async whileResting(work: () => Promise<void>): Promise<void> {
    this.#isResting = true;
    try {
      await work();
    } finally {
      this.#isResting = false;
    }
  }

  /** A query runner has stored these events. Undefined if no block records them. */
  written(runner: QueryRunner, ids: readonly string[]): Promise<void> | undefined {
    const blocks = this.#concerned;
    if (blocks.length === 0 || ids.length === 0) return undefined;
    return this.#read(runner, ids, blocks);
  }

  /** Runs a statement, after which triggers may have stored events. */
  async during(
    runner: QueryRunner,
    { isInTransaction, run, runAlone }: RecordedStatement,
  ): Promise<unknown> {
    const blocks = this.#concerned;
    if (blocks.length === 0) return run();
    const { recorded } = this.store.joining(runner);
    if (!isInTransaction && runAlone)
      return runAlone(async () => add(blocks, runner, await recorded.ownAfter('0')));
    const mark = isInTransaction ? await recorded.ownMark() : await recorded.mark();
    const result = await run();
    add(
      blocks,
      runner,
      isInTransaction ? await recorded.ownAfter(mark) : await recorded.after(mark),
    );
    return result;
  }

  async #read(
    runner: QueryRunner,
    ids: readonly string[],
    blocks: readonly RecordedBlock[],
  ): Promise<void> {
    add(blocks, runner, await this.store.joining(runner).recorded.ofIds(ids));
  }

  /**
   * The blocks that a write of the present code belongs to. What runs outside of every block, such as the server that a block sends a
   * request to, belongs to all of them.
   */
  get #concerned(): readonly RecordedBlock[] {
    if (!this.isOn) return [];
    const innermost = this.#blocks.getStore();
    if (!innermost) return [...this.#open];
    const blocks: RecordedBlock[] = [];
    for (let block: RecordedBlock | null = innermost; block; block = block.outer)
      if (!block.isClosed) blocks.push(block);
    return blocks;
  }

  async #standing(recorded: readonly Recorded[]): Promise<readonly RecordedEventRow[]> {
    const txids = recorded.flatMap(({ row }) => row.txid ?? []);
    const open = recorded.find(
      ({ row, runner }) => row.txid !== null && runner?.isReleased === false,
    );
    const rolledBack = await this.#rolledBack(txids, open?.runner ?? null);
    const standing = recorded.filter(({ row: { txid } }) => txid === null || !rolledBack.has(txid));
    const replaced = await this.#replaced(standing.filter(({ row }) => row.is_merged));
    return standing
      .map(({ row }) => row)
      .filter(({ id }) => !replaced.has(id))
      .sort(bySequence);
  }

  /** The events whose place a later one has taken. A savepoint that was rolled back may have brought one back. */
  async #replaced(merged: readonly Recorded[]): Promise<ReadonlySet<string>> {
    const replaced = new Set<string>();
    const byRunner = grouped(merged, ({ runner }) =>
      runner?.isReleased === false ? runner : null,
    );
    for (const [runner, events] of byRunner) {
      const ids = events.map(({ row }) => row.id);
      const present = await this.#present(ids, runner);
      for (const id of ids) if (!present.has(id)) replaced.add(id);
    }
    return replaced;
  }

  /** The connection of an open transaction sees its events. If that has failed, nobody knows, and all count as present. */
  async #present(ids: readonly string[], runner: QueryRunner | null): Promise<ReadonlySet<string>> {
    if (!runner) return this.store.recorded.present(ids);
    return this.store
      .joining(runner)
      .recorded.present(ids)
      .catch(() => new Set(ids));
  }

  /** An open transaction may hold the last connection of the pool, so its own connection is asked; unless it has failed. */
  async #rolledBack(
    txids: readonly string[],
    runner: QueryRunner | null,
  ): Promise<ReadonlySet<string>> {
    const { recorded } = this.store;
    if (!runner) return recorded.rolledBack(txids);
    const own = this.store.joining(runner).recorded;
    return own.rolledBack(txids).catch(() => recorded.rolledBack(txids));
  }
}

function add(
  blocks: readonly RecordedBlock[],
  runner: QueryRunner | null,
  rows: readonly RecordedEventRow[],
): void {
  for (const { events } of blocks)
    for (const row of rows) if (!events.has(row.id)) events.set(row.id, { row, runner });
}

function bySequence(a: RecordedEventRow, b: RecordedEventRow): number {
  const difference = BigInt(a.sequence ?? 0) - BigInt(b.sequence ?? 0);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
