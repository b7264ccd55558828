import type { EntityMetadata } from 'typeorm';
import type { Operation } from '../../hook/operation';
import type { Logger } from '../../logging/logger';
import type { WriteReport } from './write-report';

/**
 * Writes by criteria (`update(criteria)`, `insert()`, query builders) are reported to subscribers without the key of a row, so they
 * make no event. A warning says so, once for each entity and operation.
 */
export class CriteriaWarnings {
  readonly #warned = new Set<string>();

  constructor(private readonly logger: Logger) {}

  warn(metadata: EntityMetadata, operation: Operation): void {
    const id = `${metadata.name} ${operation}`;
    if (this.#warned.has(id)) return;
    this.#warned.add(id);
    this.logger.warn(
      `${metadata.name} is hooked, but its "${operation}" by criteria, by query builder or through the other side of a ` +
        'relation makes no event. Use save(), remove(), softRemove() or recover() to get an event. (Logged once.)',
      { entity: metadata.name, operation },
    );
  }
}

/** Whether an update is the second statement with which TypeORM writes the path of a row of a materialized-path tree. */
export function isPathOfTree({ metadata, entity, databaseEntity }: WriteReport): boolean {
  const path = metadata.materializedPathColumn?.propertyName;
  if (path === undefined || databaseEntity || !entity) return false;
  const [only, ...others] = Object.keys(entity);
  return only === path && others.length === 0;
}
