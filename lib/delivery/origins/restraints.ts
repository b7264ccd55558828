import { remember } from '../../base/remember';

/** How many deliveries of a listener may be claimed at once for this process; 0: none. Others are not in it. */
export type Restraints = ReadonlyMap<string, number>;

/** The listeners of whom nothing may be claimed. */
export function barredBy(restraints: Restraints): readonly string[] {
  return [...restraints].filter(([, quantum]) => quantum === 0).map(([id]) => id);
}

/** What holds an origin back at the moment: so many of its deliveries may be claimed. Null: nothing does. */
type QuantumOf = (origin: string) => number | null;

/** Listeners remembered at most; the oldest is forgotten, which costs a claim in vain. */
const MAX_LISTENERS = 10_000;

/** Remembers which listeners are not to be claimed for: whose origin is held back, or who asked to be left alone. */
export class HeldListeners {
  readonly #originOf = new Map<string, string>();
  readonly #pausedUntil = new Map<string, number>();

  constructor(
    private readonly quantumOf: QuantumOf,
    private readonly now = () => Date.now(),
  ) {}

  /** A delivery of this listener was given back, because of its origin. */
  noteOrigin(listenerId: string, origin: string): void {
    remember(this.#originOf, MAX_LISTENERS, listenerId, origin);
  }

  /** The listener is to be left alone for so long. */
  notePause(listenerId: string, afterMs: number): void {
    remember(this.#pausedUntil, MAX_LISTENERS, listenerId, this.now() + afterMs);
  }

  restraints(): Restraints {
    const restraints = new Map<string, number>();
    for (const [listenerId, origin] of this.#originOf) {
      const quantum = this.quantumOf(origin);
      if (quantum === null) this.#originOf.delete(listenerId);
      else restraints.set(listenerId, quantum);
    }
    const now = this.now();
    for (const [listenerId, until] of this.#pausedUntil) {
      if (until <= now) this.#pausedUntil.delete(listenerId);
      else restraints.set(listenerId, 0);
    }
    return restraints;
  }
}
