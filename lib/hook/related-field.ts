import type { DataSource, EntityMetadata } from 'typeorm';
import type { RelationMetadata } from 'typeorm/metadata/RelationMetadata';
import { columnFields, type Field } from './field';

/** The field of a related entity at a path: `author.name`, `tags.name`. Null if the path leads to no column. */
export function relatedField(
  dataSource: DataSource,
  metadata: EntityMetadata,
  path: string,
): Field | null {
  for (const relation of relationsAlong(metadata, path)) {
    const rest = path.slice(relation.propertyPath.length + 1);
    const entity = relation.inverseEntityMetadata;
    const found =
      columnFields(dataSource, entity).get(rest) ?? relatedField(dataSource, entity, rest);
    if (found) return related(path, relation, found);
  }
  return null;
}

/** Paths of the last relation that a path names, or else those of all relations of the entity. */
export function relatedPaths(
  dataSource: DataSource,
  metadata: EntityMetadata,
  path: string,
): readonly string[] {
  const along = relationsAlong(metadata, path);
  const relations = along.length > 0 ? along : metadata.relations;
  return relations.flatMap(({ propertyPath, inverseEntityMetadata: entity }) => {
    const rest = path.slice(propertyPath.length + 1);
    const isFurther = along.length > 0 && relationsAlong(entity, rest).length > 0;
    const paths = isFurther
      ? relatedPaths(dataSource, entity, rest)
      : [...columnFields(dataSource, entity).keys()];
    return paths.map((one) => `${propertyPath}.${one}`);
  });
}

/** Whether a path begins with a relation of the entity. */
export function namesRelation(metadata: EntityMetadata, path: string): boolean {
  return relationsAlong(metadata, path).length > 0;
}

function relationsAlong({ relations }: EntityMetadata, path: string): readonly RelationMetadata[] {
  return relations.filter(({ propertyPath }) => path.startsWith(`${propertyPath}.`));
}

function related(path: string, relation: RelationMetadata, found: Field): Field {
  const { steps, field } = found.related ?? { steps: [], field: found };
  return {
    path,
    kind: field.kind,
    column: null,
    relation: null,
    related: { steps: [relation, ...steps], field },
  };
}
