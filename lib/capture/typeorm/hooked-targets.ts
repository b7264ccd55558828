import type { HookedEntities } from '../entity/hooked-entity';

/**
 * The hooked classes as one subscriber target. TypeORM takes one class from `listenTo()`, compares it with the class of an entity, then
 * asks it whether it is a parent of that class.
 */
export class HookedTargets {
  readonly #targets: ReadonlySet<unknown>;

  constructor(entities: HookedEntities) {
    this.#targets = new Set([...entities.keys()].map(({ target }) => target));
  }

  isPrototypeOf(target: object): boolean {
    return this.#targets.has(target);
  }

  /** In the type that `listenTo()` must have. */
  asTarget(): string {
    return this as unknown as string;
  }
}
