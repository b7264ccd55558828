import type {
  DeliveryHistoryRow,
  EventBucketRow,
  HistoryWindow,
  Sampling,
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

/** Up to this number, rows are counted one by one. */
const COUNTED = 10_000;
const EXACT: Sampling = { slices: 1, each: COUNTED + 1 };
const SAMPLED: Sampling = { slices: 600, each: 20 };
/** More groups of deliveries are not looked at one by one. */
const MOST_GROUPS = 1_000;
/** Fewer slices would not show how a load changes. */
const FEWEST_SLICES = 60;

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
    if (!(await history.hasMoreDeliveries(window, of, COUNTED)))
      return { ...(await history.deliveries(window, of, EXACT)), isSampled: false };
    if (of.kind !== 'groups')
      return { ...(await history.deliveries(window, of, SAMPLED)), isSampled: true };
    const slices = Math.floor(SAMPLED.slices / of.groups.length);
    if (slices < FEWEST_SLICES) return this.deliveries(window, { ...of, kind: 'owner' });
    return { ...(await history.deliveries(window, of, { ...SAMPLED, slices })), isSampled: true };
  }

  /** The events of all senders. */
  async events(window: HistoryWindow): Promise<EventHistory> {
    const { history } = this.store;
    const isSampled = await history.hasMoreEvents(window, COUNTED);
    return { buckets: await history.events(window, isSampled ? SAMPLED : EXACT), isSampled };
  }

  /** When the oldest delivery was created that has not ended. Null if all have. */
  oldestOpenAt(of: HistoryOf): Promise<Date | null> {
    return this.store.history.oldestOpenAt(of);
  }
}
