import type { DataSource, EntityMetadata } from 'typeorm';
import { UnknownFieldError } from '../errors/hook-errors';
import { OptionInvalidError } from '../errors/option-errors';
import { columnFields, type Field, isToMany } from './field';
import { namesRelation, relatedField, relatedPaths } from './related-field';

/** The fields that a hook of an entity can name: its columns, and those of related entities. */
export class EntityFields {
  readonly columns: ReadonlyMap<string, Field>;

  constructor(
    private readonly dataSource: DataSource,
    private readonly metadata: EntityMetadata,
  ) {
    this.columns = columnFields(dataSource, metadata);
  }

  find(path: string): Field | null {
    return this.columns.get(path) ?? relatedField(this.dataSource, this.metadata, path);
  }

  /** The error of a hook that names a field which does not exist. `others` are fields that it could have named besides. */
  unknown(hook: string, path: string, others: readonly string[] = []): UnknownFieldError {
    const related = relatedPaths(this.dataSource, this.metadata, path);
    const own = [...this.columns.keys(), ...others];
    if (namesRelation(this.metadata, path)) return new UnknownFieldError(hook, path, related);
    return new UnknownFieldError(hook, path, own, [...own, ...related]);
  }
}

/** Throws `OPTION_INVALID` for a path through two to-many relations: its values would be lists of lists. */
export function checkSteps(hook: string, option: string, { path, related }: Field): void {
  if ((related?.steps ?? []).filter(isToMany).length < 2) return;
  const text = `must name paths with at most one to-many relation; got '${path}'`;
  throw new OptionInvalidError(option, { option, text }, `hook "${hook}"`);
}
