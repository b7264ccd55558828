/** The fields of a row that listeners may see, as JSON. */
export type Fields = Readonly<Record<string, unknown>>;

export type EntityName = 'country' | 'city';

/** One row that a committed write changed. */
export interface Change {
  readonly entity: EntityName;
  readonly operation: 'insert' | 'update' | 'remove';
  readonly before: Fields | null;
  readonly after: Fields | null;
}

/**
 * A copy of the tables, limited to the fields that listeners may see. It is kept without the package, so that the requests of
 * the package can be compared with it.
 */
export class Ledger {
  readonly #rows = new Map<string, Fields>();

  insert(entity: EntityName, key: string, after: Fields): Change {
    this.#rows.set(`${entity} ${key}`, after);
    return { entity, operation: 'insert', before: null, after };
  }

  update(entity: EntityName, key: string, changes: Fields): Change {
    const before = this.#row(entity, key);
    const after = { ...before, ...changes };
    this.#rows.set(`${entity} ${key}`, after);
    return { entity, operation: 'update', before, after };
  }

  remove(entity: EntityName, key: string): Change {
    const before = this.#row(entity, key);
    this.#rows.delete(`${entity} ${key}`);
    return { entity, operation: 'remove', before, after: null };
  }

  #row(entity: EntityName, key: string): Fields {
    const row = this.#rows.get(`${entity} ${key}`);
    if (!row) throw new Error(`The ledger has no ${entity} "${key}".`);
    return row;
  }
}
