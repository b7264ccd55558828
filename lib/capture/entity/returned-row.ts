import type { DataSource, EntityMetadata } from 'typeorm';
import { allColumns, type HookedEntity } from './hooked-entity';
import { objectSql } from './object-sql';
import type { RawRow } from './read-rows';
import { rowKeyTextsSql } from './row-id';
import type { RowKey } from './row-key';
import { canReadRows, readable, type TableFacts } from './table-facts';

/** A row that was inserted, as its INSERT returned it. */
export interface InsertedRow {
  readonly key: RowKey;
  /** Null if it is better read after the write. */
  readonly row: RawRow | null;
}

/** What a RETURNING clause with `returnedSql` gives for one row. */
export type Returned = Readonly<Record<string, string | null>>;

/** Whether an INSERT may return the row: nothing is asked for that the role cannot read. */
export function canReturn(
  metadata: EntityMetadata,
  facts: TableFacts | undefined,
): facts is TableFacts {
  return facts?.canReturn === true && canReadRows(metadata, facts);
}

/**
 * A written row for a RETURNING clause: its key as the database stored it, one text for each column, and in a serializable transaction
 * its values. Reading the row back there would lock a part of an index against the inserts of others, which then fail.
 */
export function returnedSql(
  dataSource: DataSource,
  metadata: EntityMetadata,
  hooked: readonly HookedEntity[],
  facts: TableFacts,
): string {
  const { driver } = dataSource;
  const key = metadata.primaryColumns.map(
    ({ databaseName }, n) => `${driver.escape(databaseName)}::text AS ${nameOf(n)}`,
  );
  // Later statements write into the row of a tree, and triggers may write into any row.
  if (metadata.treeType || facts.changesInserts) return key.join(', ');
  const table = driver.escape(metadata.tableName);
  const values = objectSql(dataSource, readable(allColumns(hooked), facts), table);
  const texts = rowKeyTextsSql(dataSource, metadata, table).join(', ');
  const row = `json_build_object('values', ${values}, 'key', json_build_array(${texts}))::text`;
  return [
    ...key,
    `CASE WHEN current_setting('transaction_isolation') = 'serializable' THEN ${row} END AS ${ROW}`,
  ].join(', ');
}

export function insertedRow(
  { primaryColumns }: EntityMetadata,
  returned: Returned,
): InsertedRow | null {
  const key = primaryColumns.map((_, n) => returned[nameOf(n)] ?? null);
  if (!key.every((text) => text !== null)) return null;
  const row = returned[ROW];
  return { key, row: row ? JSON.parse(row) : null };
}

const ROW = 'model_hook_row';

function nameOf(n: number): string {
  return `model_hook_key_${n}`;
}
