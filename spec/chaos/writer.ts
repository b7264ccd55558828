import type { EntityManager } from 'typeorm';
import type { ModelHooks } from '../../lib';
import { pick, type Random } from '../support/values/random';
import { COLOURS, LedgerEntry, Parcel, SHIPPED } from './entities';

/** What an event is about. */
interface Subject extends Pick<Parcel, 'mark' | 'colour'> {
  readonly id: number | null;
}

/** Writes rows that cause events, and the ledger entry of each event. Each method resolves with the number of events. */
export class Writer {
  #writes = 0;

  constructor(
    private readonly hooks: ModelHooks,
    /** Unique among all writers. */
    private readonly name: string,
    readonly random: Random,
  ) {}

  /** Creates parcels in one `save()`. */
  async create(manager: EntityManager, count = 1): Promise<number> {
    const parcels = Array.from({ length: count }, () => manager.create(Parcel, this.#values()));
    await manager.save(parcels);
    return this.#enter(manager, 'parcel.created', parcels);
  }

  /** Changes a parcel that no other transaction has locked, or creates one. */
  async change(manager: EntityManager): Promise<number> {
    const parcel = await this.#anyParcel(manager);
    if (!parcel) return this.create(manager);
    await manager.save(Object.assign(parcel, this.#values()));
    return this.#enter(manager, 'parcel.updated', [parcel]);
  }

  async remove(manager: EntityManager): Promise<number> {
    const parcel = await this.#anyParcel(manager);
    if (!parcel) return this.create(manager);
    const removed = { ...parcel };
    await manager.remove(parcel);
    return this.#enter(manager, 'parcel.removed', [removed]);
  }

  async ship(manager: EntityManager): Promise<number> {
    const values = this.#values();
    await this.hooks.send(SHIPPED, values, { manager });
    return this.#enter(manager, SHIPPED, [{ ...values, id: null }]);
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
    subjects: readonly Subject[],
  ): Promise<number> {
    const entries = subjects.map(({ id: parcelId, mark, colour }) => ({
      mark,
      event,
      colour,
      parcelId,
    }));
    await manager.insert(LedgerEntry, entries);
    return entries.length;
  }
}
