import type { DataSource, EntityMetadata, QueryRunner } from 'typeorm';
import type { Field } from '../../hook/field';
import { allColumns } from '../entity/hooked-entity';
import { type RawRow, readRows } from '../entity/read-rows';
import { keyText, type RowKey } from '../entity/row-key';
import type { TableCatalog } from '../entity/table-facts';
import { RunnerBatches } from './runner-batches';

interface WantedRow {
  readonly metadata: EntityMetadata;
  readonly columns: readonly Field[];
  readonly key: RowKey;
}

/**
 * Rows as they were before the write: read and locked by the before-hooks of a save, used by its after-hooks. The entity that TypeORM
 * loads is older than the transaction, and has no `select: false` columns and few relation ids.
 */
export class OldRows {
  readonly #rows = new WeakMap<QueryRunner, Map<string, RawRow>>();
  readonly #reads = new RunnerBatches<WantedRow>((runner, wanted) => this.#read(runner, wanted));

  constructor(
    private readonly dataSource: DataSource,
    private readonly catalog?: TableCatalog,
  ) {}

  read(runner: QueryRunner, wanted: WantedRow): Promise<void> {
    return this.#reads.add(runner, wanted);
  }

  /** The row that was read; undefined if it was not read or did not exist. Several hooks may take it. */
  take(runner: QueryRunner, metadata: EntityMetadata, key: RowKey): RawRow | undefined {
    return this.#rows.get(runner)?.get(rowName(metadata, key));
  }

  /** Forgets the rows of a transaction that has ended. */
  forget(runner: QueryRunner): void {
    this.#rows.delete(runner);
  }

  async #read(runner: QueryRunner, wanted: readonly WantedRow[]): Promise<void> {
    const rows = this.#rows.get(runner) ?? new Map<string, RawRow>();
    this.#rows.set(runner, rows);
    for (const metadata of new Set(wanted.map((row) => row.metadata))) {
      const rowsOfClass = wanted.filter((row) => row.metadata === metadata);
      const found = await readRows(this.dataSource, runner, {
        metadata,
        // A removed row is read for all hooks, an updated one for some of them. One statement reads the same columns of all rows.
        columns: allColumns(rowsOfClass),
        keys: rowsOfClass.map(({ key }) => key),
        lock: true,
        facts: this.catalog?.get(metadata),
      });
      for (const { key } of rowsOfClass) {
        const row = found.get(keyText(key));
        if (row) rows.set(rowName(metadata, key), row);
        else rows.delete(rowName(metadata, key));
      }
    }
  }
}

function rowName(metadata: EntityMetadata, key: RowKey): string {
  return `${metadata.name} ${keyText(key)}`;
}
