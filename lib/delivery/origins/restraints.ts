import { monotonicMs } from '../../base/clock';
import { ExpiringMap } from '../../base/expiring-map';

/** How many deliveries of a listener may be claimed at once for this process; 0: none. Listeners that are not in it have no limit. */
export type Restraints = ReadonlyMap<string, number>;

/** The listeners for which nothing may be claimed. */
export function barredBy(restraints: Restraints): readonly string[] {
  return [...restraints].filter(([, limit]) => limit === 0).map(([id]) => id);
}

export interface ClaimLimits {
  /** How many deliveries to this origin may be claimed at once; null: any number. */
  claimLimitOf(origin: string): number | null;
}

/** Listeners remembered at most. For a listener that is forgotten, deliveries may be claimed that cannot be sent yet. */
const MAX_LISTENERS = 10_000;

/** Remembers for which listeners to claim less: their origin has a limit, or they are paused. */
export class RestrainedListeners {
  readonly #origins: ExpiringMap<string, string>;
  readonly #paused: ExpiringMap<string, true>;

  constructor(
    private readonly limits: ClaimLimits,
    private readonly now = monotonicMs,
  ) {
    this.#origins = new ExpiringMap(MAX_LISTENERS, now);
    this.#paused = new ExpiringMap(MAX_LISTENERS, now);
  }

  /** A delivery of this listener was given back because of its origin. */
  addOrigin(listenerId: string, origin: string): void {
    this.#origins.set(listenerId, origin);
  }

  /** The listener is paused for this time. */
  addPause(listenerId: string, pauseMs: number): void {
    this.#paused.set(listenerId, true, this.now() + pauseMs);
  }

  restraints(): Restraints {
    const restraints = new Map<string, number>();
    for (const [listenerId, origin] of this.#origins) {
      const limit = this.limits.claimLimitOf(origin);
      if (limit === null) this.#origins.delete(listenerId);
      else restraints.set(listenerId, limit);
    }
    for (const [listenerId] of this.#paused) restraints.set(listenerId, 0);
    return restraints;
  }
}
