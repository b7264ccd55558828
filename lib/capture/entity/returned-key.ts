import type { DataSource, EntityMetadata } from 'typeorm';
import type { RowKey } from './row-key';
import { canReadRows, type TableFacts } from './table-facts';

/** The row of a RETURNING clause with `returnedKeySql`. */
export type ReturnedKey = Readonly<Record<string, string | null>>;

/** Whether an INSERT may return the key: nothing is asked for that the role cannot read. */
export function canReturnKey(metadata: EntityMetadata, facts: TableFacts | undefined): boolean {
  return facts?.canReturn === true && canReadRows(metadata, facts);
}

/** The key of a written row as the database stored it, for a RETURNING clause: one text for each column. */
export function returnedKeySql({ driver }: DataSource, { primaryColumns }: EntityMetadata): string {
  return primaryColumns
    .map(({ databaseName }, n) => `${driver.escape(databaseName)}::text AS ${nameOf(n)}`)
    .join(', ');
}

export function returnedKey({ primaryColumns }: EntityMetadata, row: ReturnedKey): RowKey | null {
  const key = primaryColumns.map((_, n) => row[nameOf(n)] ?? null);
  return key.every((text) => text !== null) ? key : null;
}

function nameOf(n: number): string {
  return `model_hook_key_${n}`;
}
