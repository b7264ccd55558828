import { remember } from '../../base/remember';

/** A turn that comes sooner is not relied on: what is being stored now may be stored after it. */
const MARGIN_MS = 1_000;
/** Listeners remembered at most; forgotten, they get turns that they have already, which is harmless. */
const MAX_LISTENERS = 10_000;

/**
 * Turns of the future that this process has stored. Nobody takes them before their time, so what is due later needs no turn of its own: an
 * origin that is left alone for minutes would have one for each of its deliveries.
 */
export class KnownTurns {
  readonly #at = new Map<string, number>();

  constructor(private readonly now = () => Date.now()) {}

  /** Whether a delivery that is due after so long will be looked at then. */
  covers(listenerId: string, afterMs: number): boolean {
    const at = this.#at.get(listenerId);
    const now = this.now();
    return at !== undefined && at >= now + MARGIN_MS && at <= now + afterMs;
  }

  /** A turn after so long was stored. */
  note(listenerId: string, afterMs: number): void {
    const at = this.now() + afterMs;
    const known = this.#at.get(listenerId);
    const isSooner = known !== undefined && known >= this.now() && known <= at;
    if (isSooner) return;
    remember(this.#at, MAX_LISTENERS, listenerId, at);
  }
}
