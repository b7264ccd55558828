import { monotonicMs } from '../../base/clock';
import { ExpiringMap } from '../../base/expiring-map';

const MINUTE_MS = 60_000;
/** Principals that are counted at once. Of more, those that were counted first begin anew. */
const MAX_PRINCIPALS = 10_000;

interface Window {
  readonly endsAtMs: number;
  requests: number;
}

/** Counts the requests of each principal within a minute. */
export class RateLimit {
  readonly #windows: ExpiringMap<string, Window>;

  constructor(
    private readonly perMinute: number,
    private readonly now = monotonicMs,
  ) {
    this.#windows = new ExpiringMap(MAX_PRINCIPALS, now);
  }

  /** Counts a request. Null if it is within the limit, otherwise the seconds after which the next one is. */
  refused(principal: string): number | null {
    const now = this.now();
    const window = this.#windows.get(principal) ?? this.#begun(principal, now + MINUTE_MS);
    window.requests += 1;
    if (window.requests <= this.perMinute) return null;
    return Math.max(1, Math.ceil((window.endsAtMs - now) / 1_000));
  }

  #begun(principal: string, endsAtMs: number): Window {
    const window = { endsAtMs, requests: 0 };
    this.#windows.set(principal, window, endsAtMs);
    return window;
  }
}
