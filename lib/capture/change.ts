import type { UpdateEvent } from 'typeorm';
import type { JsonRecord } from '../base/json';
import type { Field } from '../hook/field';
import type { Operation } from '../hook/operation';
import type { CapturePlan, RowKey } from './entity/hooked-entity';

/** One row changed, seen with the eyes of one hook. */
export interface Change {
  /** Of the event that it may become. */
  readonly id: string;
  readonly plan: CapturePlan;
  readonly operation: Operation;
  readonly key: RowKey;
  /** Old values by path, as the application knows them: all that differ from the row as it is now, perhaps more. */
  readonly before: ReadonlyMap<string, unknown> | null;
  /** The row that was removed, as the database wrote it; null where the row is still there to be read. */
  readonly removed: JsonRecord | null;
}

/**
 * The columns that a TypeORM update may have set: those that it found to differ, the keys of relations that did, and what it sets
 * by itself.
 */
export function isUpdated(
  { column }: Field,
  {
    updatedColumns,
    updatedRelations,
    metadata,
  }: Pick<UpdateEvent<object>, 'updatedColumns' | 'updatedRelations' | 'metadata'>,
): boolean {
  if (!column) return false;
  return (
    column === metadata.updateDateColumn ||
    column === metadata.versionColumn ||
    updatedColumns.some(({ propertyPath }) => propertyPath === column.propertyPath) ||
    updatedRelations.some(
      ({ propertyPath }) => propertyPath === column.relationMetadata?.propertyPath,
    )
  );
}

/** The old values of some fields, from the entity that TypeORM loaded before it wrote. */
export function loadedValues(fields: readonly Field[], entity: object): Map<string, unknown> {
  return new Map(
    fields.flatMap(({ path, column }) =>
      column ? [[path, column.getEntityValue(entity) ?? null] as const] : [],
    ),
  );
}
