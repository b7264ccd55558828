import type { Place } from '../../store/mending';
import type { Store } from '../../store/store';

/** Steps made at once while heads are missing, so that those of an earlier release are soon complete. */
const MAX_STEPS = 20;

/** Repairs turns and heads step by step, and remembers where the next step begins. */
export class TurnMending {
  #turns: Place = null;
  #merged: Place = null;
  #heads: Place = null;
  /** Only of listeners with more rows than one step looks at. */
  readonly #rows = new Map<string, string>();

  constructor(private readonly store: Pick<Store, 'mending'>) {}

  /** Gives turns and heads to due deliveries that have none, and deletes turns that add nothing. */
  async mend(): Promise<void> {
    const { mending } = this.store;
    for (let steps = 0; steps < MAX_STEPS && (await this.#mendHeads()) > 0; steps += 1);
    this.#turns = await mending.turns(this.#turns);
    this.#merged = await mending.merge(this.#merged);
  }

  async #mendHeads(): Promise<number> {
    const { next, places, added } = await this.store.mending.heads(this.#heads, this.#rows);
    this.#heads = next;
    for (const [listenerId, place] of places) {
      if (place === null) this.#rows.delete(listenerId);
      else this.#rows.set(listenerId, place);
    }
    return added;
  }
}
