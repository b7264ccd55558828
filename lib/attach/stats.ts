import type { HookCatalog } from '../hook/catalog';
import type { DeliveryStatus } from '../store/deliveries';
import type { Store } from '../store/store';

/** How much waits, and since when. */
export interface Backlog {
  readonly waiting: number;
  /** When the oldest of them was stored; null if none waits. */
  readonly oldestAt: Date | null;
}

/** What `hooks.stats()` returns. */
export interface HookStats {
  /** Committed events that are not planned yet. */
  readonly events: Backlog;
  /** Deliveries that have not ended, due or not. */
  readonly deliveries: Backlog;
  /**
   * Unplanned events that this process leaves to others, by the name of their hook: the hook is not attached here, provides other fields
   * here, or the events cannot be read here. At most 10,000 of each hook and each set of fields are counted.
   */
  readonly foreign: Readonly<Record<string, number>>;
  /** Deliveries per second that were first tried in the last minute, by their status now. */
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
  const events = await upkeep.eventBacklog();
  const deliveries = await upkeep.deliveryBacklog();
  const tried = await upkeep.triedWithin(WINDOW_SECONDS);
  const others = await foreign.count(catalog.all());
  const rates = tried.map(({ status, count }) => [status, count / WINDOW_SECONDS]);
  return {
    events,
    deliveries,
    foreign: Object.fromEntries(others.map(({ hook, events }) => [hook, events])),
    rates: Object.fromEntries(rates),
  };
}
