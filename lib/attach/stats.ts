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
  /** Deliveries per second that were first tried in the last minute, by their status now. */
  readonly rates: Readonly<Partial<Record<DeliveryStatus, number>>>;
}

/** @deprecated Renamed to `HookStats`. */
export type Stats = HookStats;
/** @deprecated Renamed to `Backlog`. */
export type Waiting = Backlog;

const WINDOW_SECONDS = 60;

/** The backlog and the recent work of all processes of the database. */
export async function hookStats({ upkeep }: Store): Promise<HookStats> {
  const events = await upkeep.eventBacklog();
  const deliveries = await upkeep.deliveryBacklog();
  const tried = await upkeep.triedWithin(WINDOW_SECONDS);
  const rates = tried.map(({ status, count }) => [status, count / WINDOW_SECONDS]);
  return { events, deliveries, rates: Object.fromEntries(rates) };
}
