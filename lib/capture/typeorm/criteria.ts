import type { DataSource, EntityMetadata, ObjectLiteral } from 'typeorm';
import type { Operation } from '../../hook/operation';
import type { Logger } from '../../logging/logger';

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

interface InsertBuilder {
  readonly expressionMap: {
    readonly callListeners: boolean;
    readonly valuesSet?: ObjectLiteral | readonly ObjectLiteral[] | undefined;
  };
  execute(): Promise<unknown>;
}

/** The values that insert query builders are writing now. */
const beingInserted = new WeakSet<object>();
const patched = new WeakSet<object>();

/** Whether an insert that is reported to a subscriber comes from `insert()`, `upsert()` or a query builder, and not from `save()`. */
export function isInsertByBuilder(values: object | undefined): boolean {
  return values !== undefined && beingInserted.has(values);
}

/**
 * Makes insert query builders note the values that they insert. A subscriber cannot distinguish `insert()`, which causes a warning, from
 * a `save()` without a transaction, which is refused. `save()` builds its inserts with `callListeners` off.
 */
export function watchInsertBuilders(dataSource: DataSource): void {
  const prototype: InsertBuilder = Object.getPrototypeOf(dataSource.createQueryBuilder().insert());
  if (patched.has(prototype)) return;
  patched.add(prototype);
  const { execute } = prototype;
  prototype.execute = async function (this: InsertBuilder): Promise<unknown> {
    const { callListeners, valuesSet } = this.expressionMap;
    const values = callListeners && valuesSet ? [valuesSet].flat() : [];
    for (const set of values) beingInserted.add(set);
    try {
      return await execute.call(this);
    } finally {
      for (const set of values) beingInserted.delete(set);
    }
  };
}
