import type { ListenerEffect, Outcome } from '../chunk/outcome';
import type { Recipient } from '../chunk/recipients';

interface Verdict {
  /** It is not active any more, for this reason. */
  readonly inactive?: string;
  /** It is to be left alone until then, as `Date.now()`. */
  readonly pausedUntil?: number;
}

/** What replies said of listeners since their rows were read: the rest of a chunk must heed it too. */
export class Verdicts {
  readonly #of = new Map<string, Verdict>();

  /** Their rows were read again, and say it themselves. */
  forget(listenerIds: Iterable<string>): void {
    for (const id of listenerIds) this.#of.delete(id);
  }

  note({
    listenerId,
    effect,
  }: {
    readonly listenerId: string;
    readonly effect: ListenerEffect;
  }): void {
    const { deactivate, pauseMs } = effect;
    if (deactivate !== undefined) this.#of.set(listenerId, { inactive: deactivate });
    else if (pauseMs !== undefined) this.#of.set(listenerId, { pausedUntil: Date.now() + pauseMs });
  }

  /** The outcome of a delivery that may not be sent to this listener now; null where it may. */
  against({ id, active, inactiveReason, pausedUntil }: Recipient): Outcome | null {
    const verdict = this.#of.get(id);
    const inactive = active ? verdict?.inactive : (inactiveReason ?? '');
    if (inactive !== undefined)
      return { kind: 'skipped', reason: `the listener is not active: ${inactive}` };
    const until = Math.max(verdict?.pausedUntil ?? 0, pausedUntil?.getTime() ?? 0);
    const afterMs = until - Date.now();
    return afterMs > 0 ? { kind: 'waiting', afterMs, reason: 'the listener is paused' } : null;
  }
}
