import { deliveryId } from '../delivery/chunk/chunk';
import type { HookCatalog } from '../hook/catalog';
import type { DeliveryStatus } from '../store/deliveries';
import type { Store } from '../store/store';

/** How much waits, and since when. */
export interface Backlog {
  /** Exact up to 10,000. A larger number is an estimate, usually within a tenth, so that `stats()` stays cheap. */
  readonly waiting: number;
  /** When the oldest of them was stored; null if none waits. Of more than 10,000, it is the oldest of those that were looked at. */
  readonly oldestAt: Date | null;
}

/** What `hooks.stats()` returns. */
export interface HookStats {
  /** When it was read, by the clock of the database, as all times here. A machine's own clock may be hours off. */
  readonly at: Date;
  /** Committed events that are not planned yet. */
  readonly events: Backlog;
  /** Deliveries that have not ended, due or not. */
  readonly deliveries: Backlog;
  /**
   * Unplanned events that this process leaves to others, by the name of their hook: the hook is not attached here, provides other fields
   * here, or the events cannot be read here. At most 10,000 of each hook and each set of fields are counted.
   */
  readonly foreign: Readonly<Record<string, number>>;
  /**
   * Deliveries per second that were first tried in the last minute, by their status now. If these are more than 10,000, the rate of the
   * last 10,000.
   */
  readonly rates: Readonly<Partial<Record<DeliveryStatus, number>>>;
}

/** @deprecated Renamed to `HookStats`. */
export type Stats = HookStats;
/** @deprecated Renamed to `Backlog`. */
export type Waiting = Backlog;

const WINDOW_SECONDS = 60;

/** The backlog and the recent work of all processes of the database. */
export async function hookStats(
  { upkeep, foreign }: Pick<Store, 'upkeep' | 'foreign'>,
  catalog: Pick<HookCatalog, 'all'>,
): Promise<HookStats> {
  const { at, ...events } = await upkeep.eventBacklog();
  const deliveries = await upkeep.deliveryBacklog(deliveryId);
  const tried = await upkeep.ratesWithin(WINDOW_SECONDS);
  const others = await foreign.count(catalog.all());
  const rates = tried.map(({ status, perSecond }) => [status, perSecond]);
  return {
    at,
    events,
    deliveries,
    foreign: Object.fromEntries(others.map(({ hook, events }) => [hook, events])),
    rates: Object.fromEntries(rates),
  };
}
