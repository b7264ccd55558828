import type { DataSource } from 'typeorm';
import type { OwnerTable } from '../entity/hooked-table';
import type { TableFacts } from '../entity/table-facts';
import { tableSql } from '../entity/table-sql';
import { type RowContext, rowSql, type StatementRow } from './row-sql';
import { OWN_PREFIX, type ResultRow } from './write';

/** A row whose events show rows that a junction table connects with it, as it was before a statement on that table. */
export interface TouchedRow {
  readonly context: RowContext;
  readonly old: StatementRow;
}

/** One side of the junction table that a statement writes, and what is known about the table of that side. */
export interface Owner extends OwnerTable {
  readonly facts: TableFacts;
}

/**
 * The rows that a junction row connects, for the RETURNING clause of a statement on the junction table. The sub-queries see the snapshot of
 * the statement, so the lists in these rows are those from before.
 */
export function ownersSql(
  dataSource: DataSource,
  owners: readonly Owner[],
  alias: string,
): readonly string[] {
  return owners.map((owner, n) => {
    const quoted = (name: string) => dataSource.driver.escape(name);
    const isOwner = owner.near.map(
      ({ databaseName, referencedColumn }) =>
        `${OWNER}.${quoted(referencedColumn?.databaseName ?? '')} = ${alias}.${quoted(databaseName)}`,
    );
    const from = tableSql(dataSource, owner.table.metadata);
    const row = rowSql(contextOf(dataSource, owner), OWNER);
    return `(SELECT ${row} FROM ${from} ${OWNER} WHERE ${isOwner.join(' AND ')})::text AS ${nameOf(n)}`;
  });
}

/** The rows that the junction rows of a result connect, each once. */
export function touchedRows(
  dataSource: DataSource,
  owners: readonly Owner[],
  result: readonly ResultRow[],
): readonly TouchedRow[] {
  return owners.flatMap((owner, n) => {
    const texts = new Set(result.map((row) => row[nameOf(n)]));
    const context = contextOf(dataSource, owner);
    return [...texts].flatMap((text) =>
      typeof text === 'string' ? [{ context, old: JSON.parse(text) as StatementRow }] : [],
    );
  });
}

function contextOf(dataSource: DataSource, { table, facts }: Owner): RowContext {
  return { dataSource, table, facts };
}

function nameOf(n: number): string {
  return `${OWN_PREFIX}owner_${n}`;
}

const OWNER = `${OWN_PREFIX}owner`;
