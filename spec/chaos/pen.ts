import type { EntityManager } from 'typeorm';
import type { ModelHooks } from '../../lib';
import { pick, type Random } from '../support/values/random';
import { COLOURS, LedgerEntry, Parcel, SHIPPED } from './entities';

/** Writes rows that make events, and each event's line in the ledger. Everything resolves with how many events it made. */
export class Pen {
  #writes = 0;

  constructor(
    private readonly hooks: ModelHooks,
    /** Unlike that of any other pen. */
    private readonly name: string,
    readonly random: Random,
  ) {}

  /** In one `save()`. */
  async create(manager: EntityManager, count = 1): Promise<number> {
    const parcels = Array.from({ length: count }, () => manager.create(Parcel, this.#values()));
    await manager.save(parcels);
    return this.#enter(manager, 'parcel.created', parcels);
  }

  /** Any parcel that nobody else has in hand; a new one where there is none. */
  async change(manager: EntityManager): Promise<number> {
    const parcel = await this.#anyParcel(manager);
    if (!parcel) return this.create(manager);
    await manager.save(Object.assign(parcel, this.#values()));
    return this.#enter(manager, 'parcel.updated', [parcel]);
  }

  async remove(manager: EntityManager): Promise<number> {
    const parcel = await this.#anyParcel(manager);
    if (!parcel) return this.create(manager);
    await manager.remove(parcel);
    return this.#enter(manager, 'parcel.removed', [parcel]);
  }

  async ship(manager: EntityManager): Promise<number> {
    const values = this.#values();
    await this.hooks.send(SHIPPED, values, { manager });
    return this.#enter(manager, SHIPPED, [values]);
  }

  #values(): Pick<Parcel, 'mark' | 'colour'> {
    this.#writes += 1;
    return { mark: `${this.name}/${this.#writes}`, colour: pick(COLOURS, this.random) };
  }

  #anyParcel(manager: EntityManager): Promise<Parcel | null> {
    return manager.findOne(Parcel, {
      where: { colour: pick(COLOURS, this.random) },
      lock: { mode: 'pessimistic_write', onLocked: 'skip_locked' },
    });
  }

  async #enter(
    manager: EntityManager,
    event: string,
    parcels: readonly Pick<Parcel, 'mark' | 'colour'>[],
  ): Promise<number> {
    const entries = parcels.map(({ mark, colour }) => ({ mark, event, colour }));
    await manager.insert(LedgerEntry, entries);
    return entries.length;
  }
}
