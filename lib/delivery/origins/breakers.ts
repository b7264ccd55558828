import { remember } from '../../base/remember';
import { loggable } from '../../logging/loggable';
import type { Logger } from '../../logging/logger';
import type { OriginRow } from '../../store/origins';
import type { Store } from '../../store/store';
import type { Wakeup } from '../chunk/wakeup';

/** What one attempt says of the origin it went to. */
export type OriginSign = 'answered' | 'failing' | 'timedOut';

/** An origin that fails so often in a row is left alone for a while; to time out takes a place for long, and counts for several. */
const OPENS_AFTER = 20;
const WEIGHT = { failing: 1, timedOut: 4 } as const;
const FIRST_HOLD_MS = 2_000;
const LONGEST_HOLD_MS = 300_000;
const HOLD_JITTER = 0.2;
/** What other processes found out is read this often, while there is something to send. */
const REFRESH_MS = 1_000;
/** While one delivery is tried to find out, the others wait so long at a time. */
const PROBED_MS = 1_000;
/** Whoever tries and dies is not waited for any longer: the longest time-out, and a little. */
const PROBE_LEASE_MS = 305_000;
/** Origins whose failures are counted; the one that failed longest ago is forgotten. */
const MAX_COUNTED = 10_000;

const NOTHING = () => undefined;

interface Open {
  /** As `Date.now()`. */
  readonly until: number;
  /** Another attempt is under way, here or elsewhere. */
  readonly probedUntil: number;
}

/**
 * A breaker for each origin. It opens after failures in a row; when its time is over, a single delivery is tried: that closes it, or opens
 * it for twice as long. That it is open is shared through the database, by the database's clock; failures are counted by each process.
 */
export class Breakers {
  readonly #failures = new Map<string, number>();
  #open = new Map<string, Open>();
  /** Origins of which a delivery was let through here to try. */
  readonly #trying = new Set<string>();
  #refreshedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly store: Store,
    private readonly logger: Logger,
    /** Woken when a breaker closes, and for the time when its origin may be tried again. */
    private readonly wakeup: Pick<Wakeup, 'due'>,
    private readonly random = Math.random,
  ) {}

  /** Reads what others found out, once a second at most. Never rejects. */
  async refresh(): Promise<void> {
    if (performance.now() - this.#refreshedAt < REFRESH_MS) return;
    this.#refreshedAt = performance.now();
    await this.#guard(async () => {
      const rows = await this.store.origins.all();
      this.#open = new Map(rows.map((row) => [row.origin, stateOf(row)]));
    });
  }

  /** How many deliveries it takes at once; null: as many as there are. */
  quantumOf(origin: string): number | null {
    if (!this.#open.has(origin)) return null;
    return this.holdMs(origin) === null ? 1 : 0;
  }

  /** For how long nothing more is to be sent to this origin; null where something may be, or one may try. */
  holdMs(origin: string): number | null {
    const open = this.#open.get(origin);
    if (!open) return null;
    const left = leftMs(open);
    if (left > 0) return left;
    return this.#trying.has(origin) ? PROBED_MS : null;
  }

  /** A delivery is to be sent when there is a place: of an origin that was left alone, no other one waits for that. Gives what ends it. */
  admit(origin: string): () => void {
    if (!this.#open.has(origin)) return NOTHING;
    this.#trying.add(origin);
    return () => this.#trying.delete(origin);
  }

  /** Whether a delivery may be sent now. Of an origin that was left alone, one may be at a time, whatever the process. */
  async mayTry(origin: string): Promise<boolean> {
    const open = this.#open.get(origin);
    if (!open) return true;
    if (leftMs(open) > 0) return false;
    // Until the database has answered, nobody else here asks it.
    this.#open.set(origin, { ...open, probedUntil: Date.now() + PROBED_MS });
    const isLet = await this.#guard(() => this.#claimProbe(origin));
    return isLet ?? false;
  }

  /** What came of an attempt; null where it told nothing, so that the next one may try at once. */
  async note(origin: string, sign: OriginSign | null): Promise<void> {
    if (sign === null) return this.#endProbe(origin);
    if (sign === 'answered') {
      this.#failures.delete(origin);
      if (this.#open.delete(origin)) await this.#guard(() => this.#close(origin));
      return;
    }
    const failures = (this.#failures.get(origin) ?? 0) + WEIGHT[sign];
    remember(this.#failures, MAX_COUNTED, origin, failures);
    const open = this.#open.get(origin);
    // Of those that were under way when it opened, nothing new is learned.
    if (open ? open.until <= Date.now() : failures >= OPENS_AFTER)
      await this.#guard(() => this.#openFor(origin));
  }

  async #claimProbe(origin: string): Promise<boolean> {
    const row = await this.store.origins.claimProbe(origin, PROBE_LEASE_MS);
    if (row?.is_open === false) this.#open.delete(origin);
    return row?.is_claimed === true || row?.is_open === false;
  }

  async #endProbe(origin: string): Promise<void> {
    const open = this.#open.get(origin);
    if (!open) return;
    this.#open.set(origin, { ...open, probedUntil: 0 });
    await this.#guard(() => this.store.origins.endProbe(origin));
  }

  async #openFor(origin: string): Promise<void> {
    // At once: the requests that are under way fail too. Where somebody else has opened it already, their word is read with the next refresh.
    this.#open.set(origin, { until: Date.now() + REFRESH_MS, probedUntil: 0 });
    const spread = 1 + HOLD_JITTER * (2 * this.random() - 1);
    const times = { firstMs: FIRST_HOLD_MS, longestMs: LONGEST_HOLD_MS, spread };
    const row = await this.store.origins.open(origin, times);
    if (row) this.#open.set(origin, stateOf(row));
    this.wakeup.due(this.holdMs(origin) ?? 0);
  }

  async #close(origin: string): Promise<void> {
    await this.store.origins.close(origin);
    this.wakeup.due(0);
  }

  /** A breaker that cannot be read or stored stays as it is: deliveries are still made, and judged. */
  async #guard<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.logger.warn('The state of an origin could not be read or stored.', {
        error: loggable(error),
      });
      return undefined;
    }
  }
}

function stateOf({ open_ms: openMs, probe_ms: probeMs }: OriginRow): Open {
  const now = Date.now();
  // Another process's attempt: it is asked about again soon, for it may have ended.
  const isProbed = probeMs !== null && probeMs > 0;
  return { until: now + openMs, probedUntil: isProbed ? now + PROBED_MS : 0 };
}

function leftMs({ until, probedUntil }: Open): number {
  return Math.max(until, probedUntil) - Date.now();
}
