import type { DataSource, EntityMetadata, ObjectLiteral } from 'typeorm';
import type { Operation } from '../../hook/operation';
import type { Logger } from '../../logging/logger';

/**
 * Writes by criteria (`update(criteria)`, `insert()`, query builders) reach subscribers without the identity of a row, so they make no
 * event. Each entity and operation says so once.
 */
export class CriteriaWarnings {
  readonly #said = new Set<string>();

  constructor(private readonly logger: Logger) {}

  warn(metadata: EntityMetadata, operation: Operation): void {
    const id = `${metadata.name} ${operation}`;
    if (this.#said.has(id)) return;
    this.#said.add(id);
    this.logger.warn(
      `${metadata.name} is hooked, but its "${operation}" by criteria, by query builder or through the other side of a ` +
        'relation makes no event. Write it by save(), remove(), softRemove() or recover() to have it told. (Said once.)',
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

/** Value sets that an insert query builder is writing now. */
const beingInserted = new WeakSet<object>();
const patched = new WeakSet<object>();

/** Whether an insert that a subscriber hears of comes from `insert()`, `upsert()` or a query builder, and not from `save()`. */
export function isInsertByBuilder(values: object | undefined): boolean {
  return values !== undefined && beingInserted.has(values);
}

/**
 * Lets insert query builders say what they insert: nothing that a subscriber gets tells `insert()` from a `save()` without a
 * transaction, and the one is to be warned of, the other refused. `save()` builds its inserts with `callListeners` off.
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
