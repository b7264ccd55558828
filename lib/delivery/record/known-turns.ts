import { monotonicMs } from '../../base/clock';
import { ExpiringMap } from '../../base/expiring-map';
import { afterMsOf, isFinal } from '../chunk/outcome';
import type { OutcomeRecord } from '../chunk/outcome-record';

/** A stored turn that comes sooner than this does not count: the outcome may be stored after the turn was taken. */
const MARGIN_MS = 1_000;
/** Listeners remembered at most. A listener that is forgotten gets a second turn, which is harmless. */
const MAX_LISTENERS = 10_000;

/**
 * Future turns that this process has stored. No process takes a turn before its time, so a delivery that is due later needs no turn of its
 * own. Without this, an origin that gets nothing for minutes would have a turn for each of its deliveries.
 */
export class KnownTurns {
  /** When the listener's next known turn comes. */
  readonly #turns: ExpiringMap<string, number>;

  constructor(private readonly now = monotonicMs) {
    this.#turns = new ExpiringMap(MAX_LISTENERS, now);
  }

  /**
   * Whether the listener must get a turn with this outcome: for the next delivery about the same row if this one has ended, or for when
   * this one is due again.
   */
  needsTurn({
    listenerId,
    outcome,
    ordered,
  }: Pick<OutcomeRecord, 'listenerId' | 'outcome' | 'ordered'>): boolean {
    if (isFinal(outcome)) return ordered;
    const afterMs = afterMsOf(outcome);
    return afterMs !== null && !this.covers(listenerId, afterMs);
  }

  /** Whether a known turn comes in time for a delivery that is due after `afterMs`. */
  covers(listenerId: string, afterMs: number): boolean {
    const at = this.#turns.get(listenerId);
    const now = this.now();
    return at !== undefined && at >= now + MARGIN_MS && at <= now + afterMs;
  }

  /** A turn that comes after `afterMs` is stored. */
  add(listenerId: string, afterMs: number): void {
    const at = this.now() + afterMs;
    const known = this.#turns.get(listenerId);
    if (known === undefined || known > at) this.#turns.set(listenerId, at, at);
  }
}
