import { NIL, v7 as uuidv7 } from 'uuid';
import { grouped } from '../../base/grouped';
import type { EventDecoder } from '../../capture/outbox/event-decoder';
import { hasUnknownChange, isEmptyUpdate } from '../../capture/outbox/event-row';
import type { Chunk } from '../../delivery/chunk/chunk';
import type { HookCatalog } from '../../hook/catalog';
import type { WantedEvents } from '../../listener/declared/listener';
import { type Verdict, verdictOf } from '../../listener/matching/checks';
import type { Lease } from '../../store/chunks';
import type { EventRow } from '../../store/events';
import type { Store } from '../../store/store';
import type { UnjudgedPair } from '../../store/unjudged';

/** Pairs judged at each sweep. */
const JUDGED_AT_ONCE = 200;

export interface JudgingParts {
  readonly store: Pick<Store, 'transaction'>;
  readonly catalog: HookCatalog;
  readonly decoder: EventDecoder;
}

/**
 * Judges events and listeners that the process which planned the event could not judge: it did not know a field or an operator. A pair
 * that matches is sent from here, because this process knows the fields. One that this process cannot judge either stays as it is.
 */
export class Judging {
  /** The pairs of one sweep come after those of the sweep before, so that the ones that stay do not hide others. */
  #after: string = NIL;

  constructor(
    private readonly parts: JudgingParts,
    private readonly lease: Lease,
  ) {}

  /** Returns a chunk of deliveries that are to be sent now; null if there are none. */
  sweep(): Promise<Chunk | null> {
    return this.parts.store.transaction(async (store) => {
      const pairs = await store.unjudged.lock(this.#after, JUDGED_AT_ONCE);
      const last = pairs.length < JUDGED_AT_ONCE ? undefined : pairs.at(-1);
      this.#after = last?.id ?? NIL;
      if (pairs.length === 0) return null;
      const rows = await store.events.read([...new Set(pairs.map(({ event_id: id }) => id))]);
      const events = new Map(rows.map((row) => [row.id, row]));
      const judged = grouped(pairs, (pair) => this.#answerTo(pair, events.get(pair.event_id)));
      await store.unjudged.reject(idsOf(judged.get('refuses')));
      const wanted = judged.get('wants') ?? [];
      await store.unjudged.queue(idsOf(wanted.filter(({ in_turn }) => in_turn)));
      const others = idsOf(wanted.filter(({ in_turn }) => !in_turn));
      return store.unjudged.claim(others, uuidv7(), this.lease);
    });
  }

  #answerTo(pair: UnjudgedPair, row: EventRow | undefined): Answer {
    if (!row) return 'refuses';
    // The process that sends it finds out that the listener is not active or was removed, and stores that as the outcome.
    if (!pair.active) return 'wants';
    const decoded = this.parts.decoder.decode(row);
    if (decoded.kind !== 'readable') return 'unknown';
    const { event, unknownFields } = decoded;
    if (isEmptyUpdate(event) && !hasUnknownChange(row, unknownFields)) return 'refuses';
    try {
      // The columns hold what the validation of this release or of a newer one accepted.
      const listener = pair as WantedEvents;
      const verdict = verdictOf(listener, event, { catalog: this.parts.catalog, unknownFields });
      return typeof verdict === 'string' ? verdict : 'unknown';
    } catch {
      return 'unknown';
    }
  }
}

type Answer = Extract<Verdict, string> | 'unknown';

function idsOf(pairs: readonly UnjudgedPair[] = []): readonly string[] {
  return pairs.map(({ id }) => id);
}
