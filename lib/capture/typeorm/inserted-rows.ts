import type { EntityMetadata, ObjectLiteral, QueryRunner } from 'typeorm';
import type { InsertedRow } from '../entity/returned-row';

interface Inserts {
  /** Announced inserts whose statement has not run yet. */
  announced: number;
  /** Rows that TypeORM does not identify, in the order of its statements. */
  readonly unidentified: (InsertedRow | null)[];
}

/**
 * Rows that `save()` inserted, with their keys as the database stored them. The key that TypeORM holds can differ: a `Date` has no
 * microseconds, `numeric(10,2)` rounds, a trigger may change it, and with `reload: false` it is not known.
 */
export class InsertedRows {
  readonly #inserts = new WeakMap<QueryRunner, Map<EntityMetadata, Inserts>>();
  readonly #identified = new WeakMap<ObjectLiteral, InsertedRow>();

  /** `save()` is going to insert a row. */
  announce(runner: QueryRunner, metadata: EntityMetadata): void {
    const inserts = this.#of(runner, metadata);
    // Whatever is left belongs to a save() that failed.
    if (inserts.announced === 0) inserts.unidentified.length = 0;
    inserts.announced += 1;
  }

  /** Whether an INSERT of this many rows is that of a `save()` which was announced. */
  begin(runner: QueryRunner, metadata: EntityMetadata, count: number): boolean {
    const inserts = this.#inserts.get(runner)?.get(metadata);
    if (!inserts || inserts.announced < count) return false;
    inserts.announced -= count;
    return true;
  }

  /** The identifiers are the very objects that TypeORM reports later; with `reload: false` there are none. */
  note(
    runner: QueryRunner,
    metadata: EntityMetadata,
    identifiers: readonly (ObjectLiteral | undefined)[],
    rows: readonly (InsertedRow | null)[],
  ): void {
    for (const [n, row] of rows.entries()) {
      const identifier = identifiers[n];
      if (!identifier) this.#of(runner, metadata).unidentified.push(row);
      else if (row) this.#identified.set(identifier, row);
    }
  }

  /** Null if it is not known. */
  take(
    runner: QueryRunner,
    metadata: EntityMetadata,
    identifier: ObjectLiteral | undefined,
  ): InsertedRow | null {
    if (identifier) return this.#identified.get(identifier) ?? null;
    return this.#inserts.get(runner)?.get(metadata)?.unidentified.shift() ?? null;
  }

  /** Forgets a transaction that has ended. */
  forget(runner: QueryRunner): void {
    this.#inserts.delete(runner);
  }

  #of(runner: QueryRunner, metadata: EntityMetadata): Inserts {
    const classes = this.#inserts.get(runner) ?? new Map<EntityMetadata, Inserts>();
    this.#inserts.set(runner, classes);
    const inserts = classes.get(metadata) ?? { announced: 0, unidentified: [] };
    classes.set(metadata, inserts);
    return inserts;
  }
}
