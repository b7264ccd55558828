import type { RelationMetadata } from 'typeorm/metadata/RelationMetadata';
import type { Field } from '../../../lib/hook/field';
import type { FieldKind } from '../../../lib/match/field-kind';

/** A field of a to-many relation: `tags.name`. */
export function manyField(path: string, kind: FieldKind = 'unknown'): Field {
  return relatedField(path, [true], kind);
}

/** A field of a related entity: for each relation of the path, whether it is to-many. */
export function relatedField(
  path: string,
  toMany: readonly boolean[],
  kind: FieldKind = 'unknown',
): Field {
  const names = path.split('.');
  const steps = toMany.map(
    (isOneToMany, n) =>
      ({ propertyPath: names[n], isOneToMany, isManyToMany: false }) as RelationMetadata,
  );
  const leaf = names.slice(toMany.length).join('.');
  const field = { path: leaf, kind, column: null, relation: null, related: null };
  return { ...field, path, related: { steps, field } };
}
