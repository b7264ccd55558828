import { validate as isUuid } from 'uuid';
import type { LastRow } from '../../store/cursor';
import type { DeliveryRow, PageConditions } from '../../store/deliveries';
import type { OwnedListeners } from '../../store/owners';
import type { Store } from '../../store/store';
import { deliveryId } from '../chunk/chunk';

export interface FoundPage {
  readonly rows: readonly DeliveryRow[];
  /** The cursor of the next page. Null on the last one. */
  readonly nextCursor: string | null;
}

/** What was read of a page, and what was looked at last if that was not all. */
interface Found {
  readonly rows: readonly DeliveryRow[];
  readonly lastLookedAt?: LastRow | undefined;
}

/** More listeners are not looked at one by one. */
export const MOST_LISTENERS = 3_000;

export const NO_CONDITIONS = {
  listener: undefined,
  event: undefined,
  since: undefined,
  until: undefined,
  cursor: undefined,
} as const satisfies PageConditions;

/** Pages of deliveries, also of those of an owner's listeners. Deliveries do not say whose they are. */
export class DeliveryPages {
  constructor(private readonly store: Pick<Store, 'deliveries' | 'owners'>) {}

  async page(conditions: PageConditions, limit: number): Promise<FoundPage> {
    const { owner, ...others } = conditions;
    // One more row shows whether there is another page.
    const found =
      owner === undefined
        ? await this.#ofAll(others, limit + 1)
        : await this.#ofOwner({ ...others, owner }, limit + 1);
    const rows = found.rows.slice(0, limit);
    const last = found.rows.length > limit ? lastOf(rows) : found.lastLookedAt;
    return { rows, nextCursor: last ? await this.store.deliveries.cursorAfter(last) : null };
  }

  /** An event has one delivery for a listener at most, which is found by its id however many others both have. */
  async #ofAll(conditions: PageConditions, limit: number): Promise<Found> {
    const { deliveries } = this.store;
    const { event, listener } = conditions;
    if (event !== undefined && isUuid(event) && listener !== undefined && isUuid(listener)) {
      const only = await deliveries.page(
        { ...conditions, ids: [deliveryId(event, listener)] },
        limit,
      );
      if (only.length > 0) return { rows: only };
    }
    return { rows: await deliveries.page(conditions, limit) };
  }

  async #ofOwner(
    { owner, ...conditions }: PageConditions & { readonly owner: string },
    limit: number,
  ): Promise<Found> {
    const { listener } = conditions;
    const listeners = await this.#listenersOf({ owner, listener });
    if (listeners.length === 0) return { rows: [] };
    if (listener !== undefined) return this.#ofAll(conditions, limit);
    const rows = await this.#ofListeners(conditions, listeners, limit);
    return rows ? { rows } : this.#walked({ ...conditions, owner }, limit);
  }

  /** One more than are looked at one by one, at most. */
  #listenersOf(of: OwnedListeners): Promise<readonly string[]> {
    return this.store.owners.listenerIds(of, MOST_LISTENERS + 1);
  }

  /** Null if that would take too long. */
  async #ofListeners(
    conditions: PageConditions,
    listeners: readonly string[],
    limit: number,
  ): Promise<readonly DeliveryRow[] | null> {
    if (listeners.length > MOST_LISTENERS) return null;
    const { deliveries } = this.store;
    const { event } = conditions;
    if (event === undefined || !isUuid(event))
      return deliveries.pageOfListeners({ ...conditions, listeners }, limit);
    const ids = listeners.map((id) => deliveryId(event, id));
    const rows = await deliveries.page({ ...conditions, ids }, limit);
    return rows.length > 0 ? rows : null;
  }

  /** Looks at the first deliveries of all owners. */
  async #walked(conditions: PageConditions, limit: number): Promise<Found> {
    const { deliveries } = this.store;
    const rows = await deliveries.page(conditions, limit);
    if (rows.length === limit) return { rows };
    return { rows, lastLookedAt: await deliveries.lastLookedAt(conditions) };
  }
}

function lastOf(rows: readonly DeliveryRow[]): LastRow | undefined {
  const last = rows.at(-1);
  return last && { id: last.id, createdAt: last.created_at };
}
