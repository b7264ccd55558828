import { ExpiringMap } from '../../base/expiring-map';
import type { HookCatalog } from '../../hook/catalog';
import type { HookEvent } from '../../hook/event';
import { loggable } from '../../logging/loggable';
import type { Logger } from '../../logging/logger';
import type { Store } from '../../store/store';
import { keyPrefix } from '../keys/match-key';
import { scopesOf } from '../keys/scope';
import {
  type Candidate,
  candidatesOf,
  type Found,
  type KeyShapes,
  keyShapes,
  type ShapesAhead,
  storedGrams,
} from './candidates';
import {
  type Knowledge,
  type Match,
  type UnjudgedListener,
  type UnknownFields,
  type Verdict,
  verdictOf,
} from './checks';
import type { DynamicListeners, ResolvedTargets } from './dynamic-listeners';
import { gramCount, probesOf, type StoredGrams } from './keys-of-event';

/** What matching knows of events beside their values. */
export interface Circumstances {
  readonly targets?: ResolvedTargets;
  /** The fields of each event that this process does not know, by its id. Conditions on them are not judged. */
  readonly unknownFields?: ReadonlyMap<string, UnknownFields>;
  /** What `ahead` has returned in this transaction. */
  readonly ahead?: ShapesAhead | null;
}

const NO_TARGETS: ResolvedTargets = new Map();
const NO_FIELDS: ReadonlyMap<string, UnknownFields> = new Map();

/** From this number of grams on, it is faster to read first which grams are stored. */
const MANY_GRAMS = 256;
/** Stored grams that may be read for each gram of the events. Reading a stored gram takes a tenth of the time of a look-up. */
const STORED_GRAMS_PER_EVENT_GRAM = 8;
const MAX_GRAMS_READ = 1_000_000;
/** Scopes of the last events that are asked for before the next events are known. */
const MAX_AHEAD = 100;
/** Listeners with unreadable conditions that are logged once. */
const MAX_REMEMBERED = 1_000;

/**
 * Finds the listeners that want events: first by match keys, then condition by condition. Reads the stored keys again for each batch, so
 * that no new listener is missed. All its statements must run in one snapshot.
 */
export class ListenerMatching {
  /** Listeners that were logged. */
  readonly #unreadable = new ExpiringMap<string, true>(MAX_REMEMBERED);
  /** Of the last events. The next ones probably have the same. */
  #scopes: readonly string[] = [];

  constructor(
    private readonly catalog: HookCatalog,
    /** Null: targets that hooks resolved are ignored. */
    private readonly dynamic: DynamicListeners | null = null,
    private readonly logger: Pick<Logger, 'error'> | null = null,
  ) {}

  /** Asks for what `matching` probably needs, together with the next statement of the transaction. Null if nothing is expected. */
  ahead({ candidates }: Store): ShapesAhead | null {
    const scopes = this.#scopes;
    if (scopes.length === 0 || scopes.length > MAX_AHEAD) return null;
    return { scopes: new Set(scopes), later: candidates.shapesLater(scopes) };
  }

  /** Pages of matches. An event may be in several pages, each of its listeners in one. */
  async *matching(
    store: Store,
    events: readonly HookEvent[],
    { targets = NO_TARGETS, unknownFields = NO_FIELDS, ahead = null }: Circumstances = {},
  ): AsyncGenerator<readonly Match[], void> {
    if (events.length === 0) return;
    if (this.dynamic && targets.size > 0) yield await this.dynamic.matching(store, events, targets);
    this.#scopes = [...new Set(events.flatMap(scopesOf))];
    const known = await keyShapes(store, this.#scopes, ahead);
    const grams = await this.#storedGrams(store, events, known);
    const sought = { shapes: known.shapes, grams, unknownFields };
    const probes = probesOf(events, sought, this.catalog);
    const judged = { unknownFields, matched: new Set<string>() };
    for await (const found of candidatesOf(store, probes, known.hasUnkeyed)) {
      const matches = this.#check(events, found, judged);
      if (matches.length > 0) yield matches;
    }
  }

  async #storedGrams(
    store: Store,
    events: readonly HookEvent[],
    { shapes }: KeyShapes,
  ): Promise<StoredGrams> {
    const count = gramCount(events, shapes);
    if (count < MANY_GRAMS) return new Map();
    const prefixes = shapes
      .filter(({ operator }) => operator.endsWith('contains'))
      .map((shape) => keyPrefix(shape));
    const limit = Math.min(count * STORED_GRAMS_PER_EVENT_GRAM, MAX_GRAMS_READ);
    return storedGrams(store, prefixes, limit);
  }

  /** The candidates that want an event, or may want it. `matched` holds the pairs of earlier pages. */
  #check(
    events: readonly HookEvent[],
    found: readonly Found[],
    { unknownFields, matched }: Judged,
  ): readonly Match[] {
    const { catalog } = this;
    const everything = { catalog };
    const isAllKnown = unknownFields.size === 0;
    const pairsOf = new Map<number, Pairs>();
    const all = [...events.keys()];
    for (const { events: positions, listener } of found)
      for (const n of positions ?? all) {
        const event = events[n];
        if (!event) continue;
        const unknown = isAllKnown ? undefined : unknownFields.get(event.id);
        const knowledge = unknown ? { catalog, unknownFields: unknown } : everything;
        const verdict = this.#verdict(listener, event, knowledge);
        if (verdict === 'refuses') continue;
        if (listener.several && isRepeat(matched, `${n} ${listener.id}`)) continue;
        const pairs = pairsOf.get(n) ?? { listeners: [], unjudged: [] };
        pairsOf.set(n, pairs);
        if (verdict === 'wants') pairs.listeners.push(listener);
        else pairs.unjudged.push({ ...listener, field: verdict.unjudged });
      }
    return [...pairsOf].map(([n, { listeners, unjudged }]) => ({
      event: events[n] as HookEvent,
      listenerIds: listeners.map(({ id }) => id),
      inTurn: listeners.filter(({ inTurn }) => inTurn),
      unjudged,
    }));
  }

  /** A listener whose stored conditions have no known form gets nothing: it is not known what it may have. */
  #verdict(listener: Candidate, event: HookEvent, knowledge: Knowledge): Verdict {
    try {
      return verdictOf(listener, event, knowledge);
    } catch (error) {
      if (!this.#unreadable.has(listener.id))
        this.logger?.error(
          'The stored conditions of a listener cannot be read; it gets no events.',
          { listenerId: listener.id, error: loggable(error) },
        );
      this.#unreadable.set(listener.id, true);
      return 'refuses';
    }
  }
}

interface Judged {
  readonly unknownFields: ReadonlyMap<string, UnknownFields>;
  readonly matched: Set<string>;
}

/** The listeners of one event. */
interface Pairs {
  readonly listeners: Candidate[];
  readonly unjudged: UnjudgedListener[];
}

/** An event may have several keys of one listener. */
function isRepeat(matched: Set<string>, pair: string): boolean {
  if (matched.has(pair)) return true;
  matched.add(pair);
  return false;
}
