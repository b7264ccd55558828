import { validate as isUuid } from 'uuid';
import type { JsonValue } from '../base/json';
import type { Parameter } from '../capture/statement/row-pages';
import type { RowContext } from '../capture/statement/row-sql';
import type { Hook } from '../hook/hook';
import type { StoredMatcher } from '../match/matcher';
import type { StoredCondition } from '../match/operand';

/** What a row must have at least. */
export interface WantedRows {
  readonly hook: Hook;
  readonly match: readonly StoredCondition[];
  readonly owner: string | null;
}

/**
 * Conditions in SQL that each row with a matching event satisfies. Only what SQL and the matchers certainly see alike is translated: some
 * operators on columns of some types. The matchers judge the rows that are read.
 */
export function coarseSql(
  { hook, match, owner }: WantedRows,
  context: RowContext,
  parameter: Parameter,
): readonly string[] {
  const conditions = match.map(({ field, ...matcher }) => ({ field, matcher }));
  const { sender } = hook.declared;
  if (owner !== null && typeof sender === 'string')
    conditions.push({ field: sender, matcher: { operator: 'is', operand: owner } });
  return conditions.flatMap(({ field, matcher }) => {
    const column = columnOf(context, field);
    return column ? translated(matcher, column, parameter) : [];
  });
}

interface SqlColumn {
  readonly sql: string;
  readonly type: ComparedType;
}

/** Types whose values compare in SQL as their JSON does. Padded texts, texts of other rules and fractions are left out. */
type ComparedType = 'text' | 'bigint' | 'boolean' | 'uuid';

function columnOf({ dataSource, table, facts }: RowContext, path: string): SqlColumn | null {
  const columns = table.metadata.columns.filter((column) => column.propertyPath === path);
  const [column] = columns;
  // Classes of one table may have columns of one name that are not the same.
  if (!column || columns.length > 1 || table.classes.length > 1) return null;
  if (column.transformer || column.isArray || column.isVirtual || column.relationMetadata)
    return null;
  const type = comparedType(facts.columns.get(column.databaseName) ?? '');
  return type && { sql: `t.${dataSource.driver.escape(column.databaseName)}`, type };
}

function comparedType(type: string): ComparedType | null {
  if (type === 'text' || /^character varying(\(\d+\))?$/.test(type)) return 'text';
  if (type === 'smallint' || type === 'integer' || type === 'bigint') return 'bigint';
  return type === 'boolean' || type === 'uuid' ? type : null;
}

/** No condition if the matcher cannot be translated. */
function translated(
  { operator, operand }: StoredMatcher,
  column: SqlColumn,
  parameter: Parameter,
): readonly string[] {
  const { sql, type } = column;
  switch (operator) {
    case 'is':
      return compared(column, '=', operand, parameter);
    case 'gt':
      return type === 'bigint' ? compared(column, '>', operand, parameter) : [];
    case 'gte':
      return type === 'bigint' ? compared(column, '>=', operand, parameter) : [];
    case 'lt':
      return type === 'bigint' ? compared(column, '<', operand, parameter) : [];
    case 'lte':
      return type === 'bigint' ? compared(column, '<=', operand, parameter) : [];
    case 'isNull':
      return [`${sql} IS NULL`];
    case 'oneOf': {
      const values = Array.isArray(operand) ? operand.map((one) => operandText(type, one)) : [null];
      return values.includes(null) ? [] : [`${sql} = ANY(${parameter(values)}::text[]::${type}[])`];
    }
    case 'startsWith':
      return type === 'text' && typeof operand === 'string'
        ? [`starts_with(${sql}, ${parameter(operand)}::text)`]
        : [];
    case 'allOf':
      return Array.isArray(operand)
        ? operand.flatMap((one) => translated(one as unknown as StoredMatcher, column, parameter))
        : [];
    default:
      return [];
  }
}

function compared(
  { sql, type }: SqlColumn,
  operator: string,
  operand: JsonValue,
  parameter: Parameter,
): readonly string[] {
  const value = operandText(type, operand);
  return value === null ? [] : [`${sql} ${operator} ${parameter(value)}::text::${type}`];
}

/** The text of an operand as the database reads it. Null if the column cannot be compared with it in SQL. */
function operandText(type: ComparedType, operand: JsonValue): string | null {
  switch (type) {
    case 'text':
      return typeof operand === 'string' ? operand : null;
    case 'boolean':
      return typeof operand === 'boolean' ? String(operand) : null;
    case 'uuid':
      return typeof operand === 'string' && isUuid(operand) ? operand : null;
    case 'bigint':
      return isWhole(operand) ? String(operand) : null;
  }
}

function isWhole(operand: JsonValue): boolean {
  if (typeof operand === 'number') return Number.isSafeInteger(operand);
  return typeof operand === 'string' && /^-?\d{1,18}$/.test(operand);
}
