import type { DataSource, EntityMetadata, QueryRunner } from 'typeorm';
import type { Field } from '../../hook/field';
import { allColumns } from '../entity/hooked-entity';
import { type RawRow, readRows } from '../entity/read-rows';
import { keyText, type RowKey } from '../entity/row-key';
import { RunnerBatches } from './runner-batches';

interface WantedRow {
  readonly metadata: EntityMetadata;
  readonly columns: readonly Field[];
  readonly key: RowKey;
}

/**
 * Rows as they were before the write, read and locked in the before-hooks and taken in the after-hooks of the same save. What
 * TypeORM loads itself is older than the transaction, and lacks `select: false` columns and most relation ids.
 */
export class OldRows {
  readonly #rows = new WeakMap<QueryRunner, Map<string, RawRow>>();
  readonly #reads = new RunnerBatches<WantedRow>((runner, wanted) => this.#read(runner, wanted));

  constructor(private readonly dataSource: DataSource) {}

  read(runner: QueryRunner, wanted: WantedRow): Promise<void> {
    return this.#reads.add(runner, wanted);
  }

  /** The row, for each who read it; undefined where there was none. */
  take(runner: QueryRunner, metadata: EntityMetadata, key: RowKey): RawRow | undefined {
    return this.#rows.get(runner)?.get(idOf(metadata, key));
  }

  /** Forgets what was read: the save that it was read for is over. */
  forget(runner: QueryRunner): void {
    this.#rows.delete(runner);
  }

  async #read(runner: QueryRunner, wanted: readonly WantedRow[]): Promise<void> {
    const rows = this.#rows.get(runner) ?? new Map<string, RawRow>();
    this.#rows.set(runner, rows);
    for (const metadata of new Set(wanted.map((row) => row.metadata))) {
      const ofClass = wanted.filter((row) => row.metadata === metadata);
      const found = await readRows(this.dataSource, runner, {
        metadata,
        // A removed row is wanted for all hooks, an updated one for some: those that are read at once are read alike.
        columns: allColumns(ofClass),
        keys: ofClass.map(({ key }) => key),
        lock: true,
      });
      for (const { key } of ofClass) {
        const row = found.get(keyText(key));
        if (row) rows.set(idOf(metadata, key), row);
        else rows.delete(idOf(metadata, key));
      }
    }
  }
}

function idOf(metadata: EntityMetadata, key: RowKey): string {
  return `${metadata.name} ${keyText(key)}`;
}
