import type { DataSource } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata';
import type { RelationMetadata } from 'typeorm/metadata/RelationMetadata';
import { isToMany, type RelatedColumn } from '../../hook/field';
import { storedSql } from './column-types';
import { literal } from './literal';
import { type TableOf, tableSql } from './table-sql';

/**
 * SQL of the value of a related entity, for the row `alias`: a correlated subselect, so that it can stand wherever the row has columns.
 * A to-many relation gives a list in the order of the related primary keys, one without a row an empty list; a to-one relation without a
 * row gives null. As with `find()`, rows that are marked as removed do not count.
 */
export function relatedSql(
  dataSource: DataSource,
  related: RelatedColumn,
  alias: string,
  tableOf: TableOf = (metadata) => tableSql(dataSource, metadata),
): string {
  return stepSql({ dataSource, related, tableOf, depth: 0 }, alias);
}

/** All columns that `relatedSql` reads, also those of the row itself. */
export function columnsRead({ steps, field }: RelatedColumn): readonly ColumnMetadata[] {
  const columns = steps.flatMap((relation) => {
    const { near, far } = joinColumnsOf(relation);
    const { primaryColumns, deleteDateColumn } = relation.inverseEntityMetadata;
    const joins = [...near, ...far].flatMap((column) => [column, column.referencedColumn]);
    return [...joins, ...primaryColumns, deleteDateColumn];
  });
  return [...columns, field.column].flatMap((column) => column ?? []);
}

interface Place {
  readonly dataSource: DataSource;
  readonly related: RelatedColumn;
  readonly tableOf: TableOf;
  /** How many relations were followed. */
  readonly depth: number;
}

function stepSql({ depth, ...place }: Place, alias: string): string {
  const { dataSource, related, tableOf } = place;
  const relation = related.steps[depth];
  if (!relation) return columnSql(dataSource, related, alias);
  // Names that no table has: `alias` may be the name of the table of the row.
  const to = `model_hook_${depth}`;
  const value = stepSql({ ...place, depth: depth + 1 }, to);
  const { from, conditions } = joined({ dataSource, tableOf, relation, alias, to });
  const key = relation.inverseEntityMetadata.primaryColumns
    .map((column) => nameSql(dataSource, column, to))
    .join(', ');
  const rows = `FROM ${from} WHERE ${conditions.join(' AND ')}`;
  return isToMany(relation)
    ? `coalesce((SELECT json_agg(${value} ORDER BY ${key}) ${rows}), '[]'::json)`
    : `(SELECT ${value} ${rows} ORDER BY ${key} LIMIT 1)`;
}

/** A transformer is called for the null of a row, and not for a row that does not exist: the value stands in a list of one. */
function columnSql(dataSource: DataSource, { field }: RelatedColumn, alias: string): string {
  const { column } = field;
  if (!column) throw new TypeError('A field of a related entity has a column.');
  const value = storedSql(dataSource, column, nameSql(dataSource, column, alias));
  return column.transformer ? `json_build_array(${value})` : value;
}

interface Join {
  readonly dataSource: DataSource;
  readonly tableOf: TableOf;
  readonly relation: RelationMetadata;
  readonly alias: string;
  readonly to: string;
}

/** The same rows that TypeORM joins. */
function joined(join: Join) {
  const { dataSource, relation, to } = join;
  const { from, conditions } = relation.isManyToMany ? throughJunction(join) : directly(join);
  const mark = relation.inverseEntityMetadata.deleteDateColumn;
  const marks = mark ? [`${nameSql(dataSource, mark, to)} IS NULL`] : [];
  return { from, conditions: [...conditions, ...marks, ...ofClass(join)] };
}

function directly({ dataSource, tableOf, relation, alias, to }: Join) {
  const pair = relation.isWithJoinColumn ? ([alias, to] as const) : ([to, alias] as const);
  const { near } = joinColumnsOf(relation);
  return {
    from: `${tableOf(relation.inverseEntityMetadata)} ${to}`,
    conditions: near.map((column) => equal(dataSource, column, pair)),
  };
}

function throughJunction({ dataSource, tableOf, relation, alias, to }: Join) {
  const { junctionEntityMetadata: junction, inverseEntityMetadata } = relation;
  if (!junction) throw new TypeError('A many-to-many relation has a junction table.');
  const name = `${to}_junction`;
  const { near, far } = joinColumnsOf(relation);
  const on = far.map((column) => equal(dataSource, column, [name, to]));
  return {
    from:
      `${tableOf(junction)} ${name} JOIN ` +
      `${tableOf(inverseEntityMetadata)} ${to} ON ${on.join(' AND ')}`,
    conditions: near.map((column) => equal(dataSource, column, [name, alias])),
  };
}

/** The columns that join the row with the related one; with a junction between them, those of its `far` side join that one. */
export function joinColumnsOf({
  isManyToMany,
  isOwning,
  joinColumns,
  inverseJoinColumns,
  inverseRelation,
}: RelationMetadata) {
  if (!isManyToMany)
    return { near: isOwning ? joinColumns : (inverseRelation?.joinColumns ?? []), far: [] };
  if (isOwning) return { near: joinColumns, far: inverseJoinColumns };
  return {
    near: inverseRelation?.inverseJoinColumns ?? [],
    far: inverseRelation?.joinColumns ?? [],
  };
}

/** Several classes share the table of a single-table inheritance, and its columns. A key refers to a row of the right class. */
function ofClass({ dataSource, relation, to }: Join): readonly string[] {
  const metadata = relation.inverseEntityMetadata;
  const { discriminatorColumn: column, tableType, childEntityMetadatas } = metadata;
  const isShared = tableType === 'entity-child' && !relation.isWithJoinColumn;
  if (!column || !isShared || relation.isManyToMany) return [];
  const classes = [metadata, ...childEntityMetadatas];
  const values = classes.map(({ discriminatorValue }) => literal(String(discriminatorValue)));
  return [`${nameSql(dataSource, column, to)}::text IN (${values.join(', ')})`];
}

function equal(
  dataSource: DataSource,
  column: ColumnMetadata,
  [from, referenced]: readonly [string, string],
): string {
  const { referencedColumn } = column;
  if (!referencedColumn) throw new TypeError('A join column refers to a column.');
  return `${nameSql(dataSource, column, from)} = ${nameSql(dataSource, referencedColumn, referenced)}`;
}

function nameSql(dataSource: DataSource, column: ColumnMetadata, alias: string): string {
  return `${alias}.${dataSource.driver.escape(column.databaseName)}`;
}
