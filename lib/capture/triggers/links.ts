import type { DataSource, EntityMetadata } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata';
import type { RelationMetadata } from 'typeorm/metadata/RelationMetadata';
import type { TriggerTable } from './trigger-table';

/** A kind of statement on the junction table of a many-to-many relation that the hook reads. A row of it links two entities. */
export interface Link {
  readonly relation: RelationMetadata;
  readonly junction: EntityMetadata;
  readonly on: 'INSERT' | 'UPDATE' | 'DELETE';
}

/** Those that make an update of the row that owns the relation. */
export function linksOf({ hook, classes }: TriggerTable): readonly Link[] {
  if (!hook.operations.includes('update')) return [];
  const read = classes.flatMap(({ columns }) => columns.flatMap(({ related }) => related ?? []));
  const relations = new Set(read.flatMap(({ steps }) => steps[0] ?? []).filter(isOwnLink));
  return [...relations].flatMap((relation) => {
    const { junctionEntityMetadata: junction } = relation;
    if (!junction) return [];
    return (['INSERT', 'UPDATE', 'DELETE'] as const).map((on) => ({ relation, junction, on }));
  });
}

/** The junction tables of the many-to-many relations that an entity owns. */
export function junctionsOf({ manyToManyRelations }: EntityMetadata): readonly EntityMetadata[] {
  const own = manyToManyRelations.filter(isOwnLink);
  return own.flatMap(({ junctionEntityMetadata }) => junctionEntityMetadata ?? []);
}

/** The rows of the owner's table to which changed links refer. */
export function linkedRowsSql(
  { driver }: DataSource,
  { relation, on }: Link,
  table: string,
): string {
  const isLinked = relation.joinColumns.map(({ databaseName, referencedColumn }) => {
    const referenced = driver.escape(referencedColumn?.databaseName ?? databaseName);
    return `l.${driver.escape(databaseName)} = t.${referenced}`;
  });
  const links = ROWS[on].map((rows) => `SELECT * FROM ${rows}`).join(' UNION ALL ');
  return `(SELECT t.* FROM ${table} t WHERE EXISTS (SELECT FROM (${links}) l WHERE ${isLinked.join(' AND ')}))`;
}

/** The links as they were before the statement. */
export function linksBeforeSql(
  { driver }: DataSource,
  { junction, on }: Link,
  table: string,
): string {
  const isSame = ({ databaseName }: ColumnMetadata) =>
    `a.${driver.escape(databaseName)} = b.${driver.escape(databaseName)}`;
  const same = junction.primaryColumns.map(isSame).join(' AND ');
  const kept = on === 'DELETE' ? '' : ` WHERE NOT EXISTS (SELECT FROM new_rows b WHERE ${same})`;
  const removed = on === 'INSERT' ? '' : ' UNION ALL SELECT * FROM old_rows';
  return `(SELECT a.* FROM ${table} a${kept}${removed})`;
}

const ROWS: Readonly<Record<Link['on'], readonly string[]>> = {
  INSERT: ['new_rows'],
  UPDATE: ['new_rows', 'old_rows'],
  DELETE: ['old_rows'],
};

function isOwnLink({ isManyToMany, isOwning }: RelationMetadata): boolean {
  return isManyToMany && isOwning;
}
