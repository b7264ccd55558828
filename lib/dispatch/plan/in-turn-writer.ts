import type { Match } from '../../listener/matching/checks';
import type { EventRow } from '../../store/events';
import type { Store } from '../../store/store';
import type { DeliveryInTurnRow } from '../../store/turns';
import { PlannedRows } from './planned-rows';

/** A delivery of an ordered or rate-limited listener: stored as a row of its own when its event is planned, and claimed in turn. */
export interface DeliveryInTurn {
  readonly eventId: string;
  readonly listenerId: string;
}

/** Rows stored in one statement. */
const STORED_AT_ONCE = 1_000;

/**
 * Stores the deliveries of ordered and rate-limited listeners in the transaction that plans their events. A process that sees an event
 * as planned therefore sees its deliveries too, so that none of them can overtake another.
 */
export class InTurnWriter {
  readonly deliveries: DeliveryInTurn[] = [];
  #rows: DeliveryInTurnRow[] = [];
  readonly #planned: PlannedRows;

  constructor(
    private readonly store: Store,
    events: readonly Pick<EventRow, 'id' | 'row_id' | 'sequence'>[],
  ) {
    this.#planned = new PlannedRows(events);
  }

  async add({ event, inTurn = [] }: Match): Promise<void> {
    for (const listener of inTurn) {
      this.deliveries.push({ eventId: event.id, listenerId: listener.id });
      this.#rows.push(this.#planned.of(event, listener));
    }
    if (this.#rows.length >= STORED_AT_ONCE) await this.end();
  }

  async end(): Promise<void> {
    const rows = this.#rows;
    this.#rows = [];
    await this.store.turns.queue(rows);
  }
}
