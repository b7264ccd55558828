import type { DecodedEvent, EventDecoder } from '../../capture/outbox/event-decoder';
import { hasUnknownChange, isEmptyUpdate } from '../../capture/outbox/event-row';
import type { HookEvent } from '../../hook/event';
import type { UnknownFields } from '../../listener/matching/checks';
import { loggable } from '../../logging/loggable';
import type { Logger } from '../../logging/logger';
import { Seldom } from '../../logging/seldom';
import type { EventRow } from '../../store/events';

/** Claimed events by what becomes of them. An update that changed nothing is in none of the lists. */
export interface ReadEvents {
  readonly events: HookEvent[];
  /** The fields of these events that this process does not know, by event id. */
  readonly unknownFields: Map<string, UnknownFields>;
  /** Ids of those that are given back, because another process may be able to read them. */
  readonly left: string[];
  /** Ids of those that no process could read. */
  readonly unreadable: string[];
}

const MINUTE_MS = 60_000;

/** Reads claimed events, and logs those that this process cannot plan. */
export class EventReading {
  readonly #seldom = new Seldom(MINUTE_MS);

  constructor(
    private readonly decoder: Pick<EventDecoder, 'decode'>,
    private readonly logger: Pick<Logger, 'warn' | 'error'>,
  ) {}

  read(rows: readonly EventRow[]): ReadEvents {
    const read: ReadEvents = { events: [], unknownFields: new Map(), left: [], unreadable: [] };
    for (const row of rows) this.#add(read, row);
    return read;
  }

  #add({ events, unknownFields, left, unreadable }: ReadEvents, row: EventRow): void {
    const decoded = this.decoder.decode(row);
    switch (decoded.kind) {
      case 'readable': {
        const { event, unknownFields: unknown } = decoded;
        if (isEmptyUpdate(event) && !hasUnknownChange(row, unknown)) return;
        events.push(event);
        if (unknown.size > 0) unknownFields.set(row.id, unknown);
        return;
      }
      case 'foreign':
        left.push(row.id);
        this.#warnOfLeft(decoded);
        return;
      case 'unreadable':
        unreadable.push(row.id);
        this.logger.error(`Event ${row.id} of hook "${row.hook}" cannot be read and is skipped.`, {
          error: loggable(decoded.error),
        });
    }
  }

  #warnOfLeft({ row, reason, error }: Extract<DecodedEvent, { kind: 'foreign' }>): void {
    if (!this.#seldom.isDue(row.hook)) return;
    const facts = { eventId: row.id, ...(error !== undefined && { error: loggable(error) }) };
    this.logger.warn(`Events of hook "${row.hook}" are left to other processes: ${reason}.`, facts);
  }
}
