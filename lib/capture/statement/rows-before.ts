import type { EntityMetadata, ObjectLiteral, QueryRunner } from 'typeorm';
import { readMarks } from './marks';
import { bareRowSql, type RowContext, rowSql, type StatementRow } from './row-sql';
import { type ComposedStatement, OWN_PREFIX, type ResultRow, type WriteStatement } from './write';

/** The rows that a call will update, before it does, by the JSON of their keys. */
export type RowsBefore = ReadonlyMap<string, StatementRow>;

/**
 * Reads the rows that TypeORM will update one by one, with the very conditions that it will use. It is for many rows: the statements then
 * return keys only, and the rows are read again at the end of the call.
 */
export async function rowsBefore(
  runner: QueryRunner,
  context: RowContext,
  { metadata, identifiers, isExact }: RowsWanted,
): Promise<RowsBefore> {
  const [sql, parameters] = runner.manager
    .createQueryBuilder(metadata.target, ROW)
    .select('1', PLACE)
    .withDeleted()
    .whereInIds(identifiers)
    .getQueryAndParameters();
  const lock = isExact && context.facts.canLock ? ' FOR NO KEY UPDATE' : '';
  const row = `${rowSql(context, `"${ROW}"`)}::text AS "${PLACE}"`;
  const found: readonly Readonly<Record<typeof PLACE, string>>[] = await runner.query(
    sql.replace(`1 AS "${PLACE}"`, () => row) + lock,
    parameters,
  );
  return new Map(
    found.map((one) => {
      const before: StatementRow = JSON.parse(one[PLACE]);
      return [JSON.stringify(before.key), before];
    }),
  );
}

interface RowsWanted {
  readonly metadata: EntityMetadata;
  readonly identifiers: readonly ObjectLiteral[];
  /** Whether the rows are locked, so that no other transaction changes them before they are updated. */
  readonly isExact: boolean;
}

/** The statement, which also returns the keys of the rows that it writes. */
export function returningKeys(write: WriteStatement, context: RowContext): ComposedStatement {
  const key = `${bareRowSql(context, write.alias)}::text AS ${KEY}`;
  return { sql: readMarks(write.sql).extended(key), parameters: write.parameters };
}

/** The rows before the statement whose keys it returned. */
export function writtenOf(
  before: RowsBefore,
  result: readonly ResultRow[],
): readonly StatementRow[] {
  return result.map((row) => {
    const bare: StatementRow = JSON.parse(String(row[KEY]));
    return before.get(JSON.stringify(bare.key)) ?? bare;
  });
}

const ROW = `${OWN_PREFIX}row`;
const PLACE = `${OWN_PREFIX}place`;
const KEY = `${OWN_PREFIX}now`;
