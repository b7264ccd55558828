import { monotonicMs } from '../../base/clock';
import { ExpiringMap } from '../../base/expiring-map';
import { loggable } from '../../logging/loggable';
import type { Logger } from '../../logging/logger';
import type { OriginRow, Origins } from '../../store/origins';
import type { Wakeup } from '../chunk/wakeup';

/** What one attempt says about its origin. */
export type OriginSign = 'answered' | 'failing' | 'timedOut';

/** A breaker opens at this weight of failures in a row. A time-out occupies a place for long, so it counts as several failures. */
const OPENS_AFTER = 20;
const WEIGHT = { failing: 1, timedOut: 4 } as const;
const FIRST_OPEN_MS = 2_000;
const LONGEST_OPEN_MS = 300_000;
const OPEN_JITTER = 0.2;
/** How often the state that other processes share is read, while there is something to send. */
const REFRESH_MS = 1_000;
/** While one delivery is tried, the others are postponed by this time. */
const PROBED_MS = 1_000;
/** A process that dies while it tries blocks the others no longer than this: the longest time-out, and a little more. */
const PROBE_LEASE_MS = 305_000;
/** Origins whose failures are counted; beyond it, the origin whose last failure is the oldest is forgotten. */
const MAX_COUNTED = 10_000;

interface Open {
  /** On the clock that is never set. */
  readonly until: number;
  /** Another delivery is being tried, here or in another process. */
  readonly probedUntil: number;
}

export interface BreakerParts {
  readonly origins: Pick<Origins, keyof Origins>;
  readonly logger: Pick<Logger, 'warn'>;
  /** Woken when a breaker closes, and for when its origin may be tried again. */
  readonly wakeup: Pick<Wakeup, 'due'>;
}

/**
 * A breaker for each origin. It opens after failures in a row. When its time is over, a single delivery is tried: success closes the
 * breaker, failure opens it for twice as long. Open breakers are shared through the database, by the database's clock; each process counts
 * failures for itself.
 */
export class Breakers {
  readonly #failures: ExpiringMap<string, number>;
  #open = new Map<string, Open>();
  /** Origins of open breakers for which a delivery was admitted here. */
  readonly #trying = new Set<string>();
  #refreshedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly parts: BreakerParts,
    private readonly now = monotonicMs,
    private readonly random = Math.random,
  ) {
    this.#failures = new ExpiringMap(MAX_COUNTED, now);
  }

  /** Reads the shared state, at most once a second. Never rejects. */
  async refresh(): Promise<void> {
    // The distance, because a given clock may be set back.
    if (Math.abs(this.now() - this.#refreshedAt) < REFRESH_MS) return;
    this.#refreshedAt = this.now();
    await this.#guard(async () => {
      const rows = await this.parts.origins.all();
      this.#open = new Map(rows.map((row) => [row.origin, this.#stateOf(row)]));
    });
  }

  /** How many deliveries to this origin may be claimed at once; null: any number. */
  claimLimitOf(origin: string): number | null {
    if (!this.#open.has(origin)) return null;
    return this.openMs(origin) === null ? 1 : 0;
  }

  /** How long nothing may be sent to this origin; null if something may be sent, or one delivery may be tried. */
  openMs(origin: string): number | null {
    const open = this.#open.get(origin);
    if (!open) return null;
    const left = this.#leftMs(open);
    if (left > 0) return left;
    return this.#trying.has(origin) ? PROBED_MS : null;
  }

  /**
   * A delivery is going to wait for a place. True if its breaker is open: then no other delivery to this origin may wait, and the caller
   * calls `leave` when the delivery has an outcome.
   */
  admit(origin: string): boolean {
    if (!this.#open.has(origin)) return false;
    this.#trying.add(origin);
    return true;
  }

  leave(origin: string): void {
    this.#trying.delete(origin);
  }

  /** Whether a delivery may be sent now. If the breaker is open, all processes together try one delivery at a time. */
  async mayTry(origin: string): Promise<boolean> {
    const open = this.#open.get(origin);
    if (!open) return true;
    if (this.#leftMs(open) > 0) return false;
    // Until the database has answered, no other delivery here asks it.
    this.#open.set(origin, { ...open, probedUntil: this.now() + PROBED_MS });
    return (await this.#guard(() => this.#claimProbe(origin))) ?? false;
  }

  /** Records what an attempt says about its origin. Null if it says nothing: then the next delivery may be tried at once. */
  async record(origin: string, sign: OriginSign | null): Promise<void> {
    if (sign === null) return this.#endProbe(origin);
    if (sign === 'answered') {
      this.#failures.delete(origin);
      if (this.#open.delete(origin)) await this.#guard(() => this.#close(origin));
      return;
    }
    const failures = (this.#failures.get(origin) ?? 0) + WEIGHT[sign];
    this.#failures.set(origin, failures);
    const open = this.#open.get(origin);
    // Failures of requests that were in flight when the breaker opened are ignored.
    if (open ? open.until <= this.now() : failures >= OPENS_AFTER)
      await this.#guard(() => this.#openAgain(origin));
  }

  async #claimProbe(origin: string): Promise<boolean> {
    const row = await this.parts.origins.claimProbe(origin, PROBE_LEASE_MS);
    if (row?.is_open === false) this.#open.delete(origin);
    return row?.is_claimed === true || row?.is_open === false;
  }

  async #endProbe(origin: string): Promise<void> {
    const open = this.#open.get(origin);
    if (!open) return;
    this.#open.set(origin, { ...open, probedUntil: 0 });
    await this.#guard(() => this.parts.origins.endProbe(origin));
  }

  async #openAgain(origin: string): Promise<void> {
    // At once, because the requests in flight fail, too. If another process has opened it already, the next refresh reads for how long.
    this.#open.set(origin, { until: this.now() + REFRESH_MS, probedUntil: 0 });
    const spread = 1 + OPEN_JITTER * (2 * this.random() - 1);
    const times = { firstMs: FIRST_OPEN_MS, longestMs: LONGEST_OPEN_MS, spread };
    const row = await this.parts.origins.open(origin, times);
    if (row) this.#open.set(origin, this.#stateOf(row));
    this.parts.wakeup.due(this.openMs(origin) ?? 0);
  }

  async #close(origin: string): Promise<void> {
    await this.parts.origins.close(origin);
    this.parts.wakeup.due(0);
  }

  #stateOf({ open_ms: openMs, probe_ms: probeMs }: OriginRow): Open {
    const now = this.now();
    // If another process is trying, it is asked again soon, because it may have ended by then.
    const isProbed = probeMs !== null && probeMs > 0;
    return { until: now + openMs, probedUntil: isProbed ? now + PROBED_MS : 0 };
  }

  #leftMs({ until, probedUntil }: Open): number {
    return Math.max(until, probedUntil) - this.now();
  }

  /** If the state cannot be read or stored, it stays as it is here: deliveries are still sent and judged. */
  async #guard<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.parts.logger.warn('The state of an origin could not be read or stored.', {
        error: loggable(error),
      });
      return undefined;
    }
  }
}
