import { deliveryId } from '../../delivery/chunk/chunk';
import type { HookEvent } from '../../hook/event';
import type { ListenerInTurn } from '../../listener/matching/checks';
import type { EventRow } from '../../store/events';
import type { DeliveryInTurnRow } from '../../store/turns';

/** Makes the rows of deliveries that are stored when their events are planned. */
export class PlannedRows {
  readonly #places: ReadonlyMap<string, Pick<EventRow, 'row_id' | 'sequence'>>;

  constructor(events: readonly Pick<EventRow, 'id' | 'row_id' | 'sequence'>[]) {
    this.#places = new Map(events.map((event) => [event.id, event]));
  }

  /** Only for an ordered listener, the row has a place among the deliveries about the same row. */
  of(event: HookEvent, { id: listenerId, ordered }: ListenerInTurn): DeliveryInTurnRow {
    const place = ordered ? this.#places.get(event.id) : undefined;
    return {
      id: deliveryId(event.id, listenerId),
      eventId: event.id,
      listenerId,
      event: event.name,
      rowId: place?.row_id ?? null,
      sequence: place?.sequence ?? null,
    };
  }
}
