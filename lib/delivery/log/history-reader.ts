import {
  type DeliveryHistoryRow,
  type EventBucketRow,
  EXACT,
  type HistoryWindow,
  type Looked,
  type Sampling,
} from '../../store/history';
import type { HistoryOf } from '../../store/oldest-open';
import type { Store } from '../../store/store';
import { MOST_LISTENERS } from './delivery-pages';

export interface DeliveryHistory extends DeliveryHistoryRow {
  /** Whether the numbers are estimates. */
  readonly isSampled: boolean;
}

export interface EventHistory {
  readonly buckets: readonly EventBucketRow[];
  /** Whether the numbers are estimates. */
  readonly isSampled: boolean;
}

const ALL_ROWS: Sampling = { slices: 1, share: 1, most: EXACT + 1 };
/** How many slices are looked at, and how many rows of them on average and at most. */
const SLICES = 600;
const SAMPLED = 10_000;
const MOST_OF_SLICE = 100;
/** More groups of deliveries are not looked at one by one. */
const MOST_GROUPS = 1_000;
/** Slices of all groups together, and the fewest that show how a load changes. */
const GROUP_SLICES = 2_000;
const FEWEST_SLICES = 100;

/** Counts events and deliveries over time, and estimates what is too much to count. */
export class HistoryReader {
  constructor(private readonly store: Pick<Store, 'deliveries' | 'history' | 'owners'>) {}

  /** Whose deliveries the other methods count: all, or those of the listeners that an owner has now. */
  async of(owner?: string): Promise<HistoryOf> {
    if (owner === undefined) return { kind: 'all' };
    const { owners, deliveries } = this.store;
    const listeners = await owners.listenerIds({ owner, listener: undefined }, MOST_LISTENERS + 1);
    if (listeners.length > MOST_LISTENERS) return { kind: 'owner', owner };
    const groups = await deliveries.groups(listeners, MOST_GROUPS + 1);
    return groups.length > MOST_GROUPS
      ? { kind: 'owner', owner }
      : { kind: 'groups', owner, groups };
  }

  async deliveries(window: HistoryWindow, of: HistoryOf): Promise<DeliveryHistory> {
    const { history } = this.store;
    if (!(await history.hasMore(window, of)))
      return { ...(await history.deliveries(window, of, ALL_ROWS)), isSampled: false };
    const slices =
      of.kind === 'groups' ? Math.min(SLICES, Math.floor(GROUP_SLICES / of.groups.length)) : SLICES;
    // Those of so many groups are looked for among those of all.
    if (of.kind === 'groups' && slices < FEWEST_SLICES)
      return this.deliveries(window, { ...of, kind: 'owner' });
    const sampling = await this.#sample(window, of, slices);
    return { ...(await history.deliveries(window, of, sampling)), isSampled: true };
  }

  /** The events of all senders. */
  async events(window: HistoryWindow): Promise<EventHistory> {
    const { history } = this.store;
    const events = { kind: 'events' } as const;
    const isSampled = await history.hasMore(window, events);
    const sampling = isSampled ? await this.#sample(window, events, SLICES) : ALL_ROWS;
    return { buckets: await history.events(window, sampling), isSampled };
  }

  /** When the oldest delivery was created that has not ended. Null if all have. */
  oldestOpenAt(of: HistoryOf): Promise<Date | null> {
    return this.store.history.oldestOpenAt(of);
  }

  /** A sample of about `SAMPLED` rows. */
  async #sample(window: HistoryWindow, of: Looked, slices: number): Promise<Sampling> {
    const count = await this.store.history.estimate(window, of, Math.ceil(slices / 4));
    return { slices, share: Math.min(1, SAMPLED / count), most: MOST_OF_SLICE };
  }
}
