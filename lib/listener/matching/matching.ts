import type { HookCatalog } from '../../hook/catalog';
import type { HookEvent } from '../../hook/event';
import type { Query } from '../../store/database';
import { keyPrefix } from '../keys/match-key';
import { scopesOf } from '../keys/scope';
import type { CandidateRow, Candidates, Found, KeyPlans } from './candidates';
import { wants } from './checks';
import type { DynamicListeners, ResolvedTargets } from './dynamic-listeners';
import { gramCount, probesOf, type StoredGrams } from './keys-of-event';
import type { Match } from './match';

const NO_TARGETS: ResolvedTargets = new Map();

/** From so many grams on, it pays to know first which ones are stored. */
const MANY_GRAMS = 256;
/** Reading a stored gram takes a tenth of the time that looking for one takes. */
const GRAMS_READ_A_GRAM = 8;
const MAX_GRAMS_READ = 1_000_000;

/**
 * Finds who wants to hear of events: by the keys that they could satisfy, then condition by condition. Reads what is stored afresh for
 * every batch, so that none is ever missed. Its statements belong together: run them in one snapshot.
 */
export class ListenerMatching {
  constructor(
    private readonly candidates: Candidates,
    private readonly catalog: HookCatalog,
    /** Without it, resolved targets are not told. */
    private readonly dynamic: DynamicListeners | null = null,
  ) {}

  /** Pages of matches: an event may come in several, each of its listeners once. */
  async *matching(
    query: Query,
    events: readonly HookEvent[],
    targets: ResolvedTargets = NO_TARGETS,
  ): AsyncGenerator<readonly Match[], void> {
    if (events.length === 0) return;
    if (this.dynamic && targets.size > 0) yield await this.dynamic.matching(query, events, targets);
    const known = await this.candidates.plans(query, [...new Set(events.flatMap(scopesOf))]);
    const grams = await this.#storedGrams(query, events, known);
    const probes = probesOf(events, known.plans, this.catalog, grams);
    const told = new Set<string>();
    for await (const found of this.candidates.of(query, probes, known.hasUnkeyed)) {
      const matches = this.#judge(events, found, told);
      if (matches.length > 0) yield matches;
    }
  }

  async #storedGrams(
    query: Query,
    events: readonly HookEvent[],
    { plans }: KeyPlans,
  ): Promise<StoredGrams> {
    const count = gramCount(events, plans);
    if (count < MANY_GRAMS) return new Map();
    const prefixes = plans
      .filter(({ operator }) => operator.endsWith('contains'))
      .map((plan) => keyPrefix(plan));
    const limit = Math.min(count * GRAMS_READ_A_GRAM, MAX_GRAMS_READ);
    return this.candidates.grams(query, prefixes, limit);
  }

  #judge(
    events: readonly HookEvent[],
    found: readonly Found[],
    told: Set<string>,
  ): readonly Match[] {
    const catalog = this.catalog;
    const listenersOf = new Map<number, CandidateRow[]>();
    const all = [...events.keys()];
    for (const { events: places, listener } of found)
      for (const n of places ?? all) {
        const event = events[n];
        if (!event || !wants(listener, event, catalog)) continue;
        if (listener.several && isRepeat(told, `${n} ${listener.id}`)) continue;
        const listeners = listenersOf.get(n);
        if (listeners) listeners.push(listener);
        else listenersOf.set(n, [listener]);
      }
    return [...listenersOf].map(([n, listeners]) => ({
      event: events[n] as HookEvent,
      listenerIds: listeners.map(({ id }) => id),
      queued: listeners.filter(({ queued }) => queued),
    }));
  }
}

/** Of the keys of one listener, an event may have several. */
function isRepeat(told: Set<string>, pair: string): boolean {
  if (told.has(pair)) return true;
  told.add(pair);
  return false;
}
