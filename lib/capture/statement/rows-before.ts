import type { EntityMetadata, ObjectLiteral, QueryRunner } from 'typeorm';
import { rowKeyTextsSql } from '../entity/row-id';
import { readMarks } from './marks';
import { idTexts, type RowContext, rememberedSql, rowSql, type StatementRow } from './row-sql';
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
  const keys = keysSql(context, write.alias);
  return { sql: readMarks(write.sql).extended(keys), parameters: write.parameters };
}

/** The rows before the statement whose keys it returned. */
export function writtenOf(
  before: RowsBefore,
  { table }: RowContext,
  result: readonly ResultRow[],
): readonly StatementRow[] {
  const names = table.metadata.primaryColumns.map((_, n) => nameOf(n));
  return result.map((row) => {
    const key = names.map((name) => String(row[name]));
    const id = key.map((text, n) => String(row[plainNameOf(n)] ?? text));
    return before.get(JSON.stringify(key)) ?? { values: {}, key, id };
  });
}

/** The texts that the row id is made of, and the texts of the columns where they are other ones. */
const keysSql = rememberedSql((context: RowContext, alias: string): string => {
  const plain = idTexts(context, alias);
  const texts = rowKeyTextsSql(context.dataSource, context.table.metadata, alias);
  return [
    ...texts.map((sql, n) => `${sql} AS ${nameOf(n)}`),
    ...plain.flatMap((sql, n) => (sql === texts[n] ? [] : [`${sql} AS ${plainNameOf(n)}`])),
  ].join(', ');
});

function plainNameOf(n: number): string {
  return `${OWN_PREFIX}plain_${n}`;
}

function nameOf(n: number): string {
  return `${OWN_PREFIX}text_${n}`;
}

const ROW = `${OWN_PREFIX}row`;
const PLACE = `${OWN_PREFIX}place`;
