import type { EntityMetadata } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata';
import type { RelationMetadata } from 'typeorm/metadata/RelationMetadata';
import type { Field } from '../hook/field';
import type { Operation } from '../hook/operation';
import type { HookedEntity } from './entity/hooked-entity';
import type { RawRow } from './entity/read-rows';
import type { RowKey } from './entity/row-key';
import type { OldValues } from './old-values';

/** One row changed, as one hook sees it. */
export interface Change {
  /** Id of the event that it may become. */
  readonly id: string;
  readonly hooked: HookedEntity;
  readonly operation: Operation;
  readonly key: RowKey;
  /** Null for an insert and a remove. */
  readonly before: OldValues | null;
  /** The row as the database wrote it, if it was removed or returned by its INSERT; null if it is read after the write. */
  readonly known: RawRow | null;
}

/** What TypeORM reports about an update. */
export interface UpdatedProperties {
  readonly metadata: EntityMetadata;
  readonly updatedColumns: readonly ColumnMetadata[];
  readonly updatedRelations: readonly RelationMetadata[];
}

/**
 * Whether a TypeORM update may have set the column of a field: it found the column or its relation changed, or it or the database sets
 * the column itself.
 */
export function isUpdated(
  { column }: Field,
  { updatedColumns, updatedRelations, metadata }: UpdatedProperties,
): boolean {
  if (!column) return false;
  return (
    column === metadata.updateDateColumn ||
    column === metadata.versionColumn ||
    isSetByDatabase(column) ||
    updatedColumns.some(({ propertyPath }) => propertyPath === column.propertyPath) ||
    updatedRelations.some(
      ({ propertyPath }) => propertyPath === column.relationMetadata?.propertyPath,
    )
  );
}

/** A generated column changes with the columns that it is made of. One that TypeORM never updates can only be changed by a trigger. */
function isSetByDatabase({
  generatedType,
  asExpression,
  isUpdate,
  isPrimary,
}: ColumnMetadata): boolean {
  return generatedType !== undefined || asExpression !== undefined || (!isUpdate && !isPrimary);
}

/** The old values of fields, from the entity that TypeORM loaded before it wrote. */
export function loadedValues(fields: readonly Field[], entity: object): Map<string, unknown> {
  return new Map(
    fields.flatMap(({ path, column }) =>
      column ? [[path, column.getEntityValue(entity) ?? null] as const] : [],
    ),
  );
}
