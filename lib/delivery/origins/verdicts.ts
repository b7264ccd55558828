import { monotonicMs } from '../../base/clock';
import type { ListenerEffect, Outcome } from '../chunk/outcome';
import type { Recipient } from '../chunk/recipients';

interface Verdict {
  /** On the clock that is never set. */
  readonly saidAt: number;
  /** Why the listener is not active any more. */
  readonly inactive?: string;
  /** On the clock that is never set. */
  readonly pausedUntil?: number;
}

/** A longer pause, such as one without an end, is looked at again after a day. */
const LONGEST_MS = 86_400_000;

/** What replies said about listeners since their rows were read. It applies to the rest of a loaded chunk, too. */
export class Verdicts {
  readonly #verdicts = new Map<string, Verdict>();

  constructor(private readonly now = monotonicMs) {}

  /** The rows of these listeners were read again at `readAt`, so that they hold what was said before. */
  forget(listenerIds: Iterable<string>, readAt: number): void {
    for (const id of listenerIds)
      if ((this.#verdicts.get(id)?.saidAt ?? readAt) <= readAt) this.#verdicts.delete(id);
  }

  add({ listenerId, effect }: { readonly listenerId: string; readonly effect: ListenerEffect }) {
    const { deactivate, pauseMs } = effect;
    const saidAt = this.now();
    if (deactivate !== undefined) this.#verdicts.set(listenerId, { saidAt, inactive: deactivate });
    else if (pauseMs !== undefined)
      this.#verdicts.set(listenerId, { saidAt, pausedUntil: saidAt + pauseMs });
  }

  /** The outcome of a delivery that may not be sent to this listener now; null if it may. */
  refusalOf({ id, active, inactiveReason, pausedUntilMs, clock }: Recipient): Outcome | null {
    const verdict = this.#verdicts.get(id);
    const inactive = active ? verdict?.inactive : (inactiveReason ?? '');
    if (inactive !== undefined)
      return { kind: 'skipped', reason: `the listener is not active: ${inactive}` };
    const afterMs = Math.max(
      (verdict?.pausedUntil ?? 0) - this.now(),
      (pausedUntilMs ?? 0) - clock.nowMs(),
    );
    if (afterMs <= 0) return null;
    const reason = 'the listener is paused';
    return { kind: 'waiting', afterMs: Math.min(afterMs, LONGEST_MS), reason };
  }
}
