import { deliveryId } from '../../delivery/chunk/chunk';
import type { Match } from '../../listener/matching/checks';
import type { Logger } from '../../logging/logger';
import { Seldom } from '../../logging/seldom';
import type { EventRow } from '../../store/events';
import type { Store } from '../../store/store';
import type { UnjudgedRow } from '../../store/unjudged';

/** Rows stored in one statement. */
const STORED_AT_ONCE = 1_000;
const HOUR_MS = 3_600_000;

/** Warns once an hour of each field whose conditions cannot be judged here. */
export class UnjudgedWarnings {
  readonly #seldom = new Seldom(HOUR_MS);

  constructor(private readonly logger: Pick<Logger, 'warn'>) {}

  warn(hook: string, field: string): void {
    if (this.#seldom.isDue(JSON.stringify([hook, field])))
      this.logger.warn(
        'Deliveries wait for another process, because this one cannot judge a condition of their listeners.',
        { hook, field },
      );
  }
}

/** Stores the events and listeners that this process cannot judge. Another process does that later; see `Judging`. */
export class UnjudgedWriter {
  #rows: UnjudgedRow[] = [];
  #count = 0;
  readonly #places: ReadonlyMap<string, Pick<EventRow, 'row_id' | 'sequence'>>;

  constructor(
    private readonly store: Store,
    events: readonly Pick<EventRow, 'id' | 'row_id' | 'sequence'>[],
    private readonly warnings: Pick<UnjudgedWarnings, 'warn'>,
  ) {
    this.#places = new Map(events.map((event) => [event.id, event]));
  }

  get count(): number {
    return this.#count;
  }

  async add({ event, unjudged = [] }: Match): Promise<void> {
    const place = this.#places.get(event.id);
    this.#count += unjudged.length;
    for (const { id: listenerId, ordered, field } of unjudged) {
      this.warnings.warn(event.hook, field);
      this.#rows.push({
        id: deliveryId(event.id, listenerId),
        eventId: event.id,
        listenerId,
        event: event.name,
        reason: `a process that knows its condition on "${field}" must judge it`,
        rowId: ordered ? (place?.row_id ?? null) : null,
        sequence: ordered ? (place?.sequence ?? null) : null,
      });
    }
    if (this.#rows.length >= STORED_AT_ONCE) await this.end();
  }

  async end(): Promise<void> {
    const rows = this.#rows;
    this.#rows = [];
    await this.store.unjudged.put(rows);
  }
}
