import type { Query } from './database';
import { asText } from './event-insert';
import type { EventRow } from './events';
import type { Tables } from './tables';

/** What the functions of a hook made of an event that a trigger wrote. */
export type CompletedEvent = Pick<
  EventRow,
  'id' | 'ref' | 'sender' | 'headers' | 'data' | 'previous' | 'targets'
>;

/** Statements about the private columns of events that triggers wrote. They are emptied when the event is planned. */
export class EventSources {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}

  /** Stores what the functions made of planned events, and empties `source`. */
  async complete(events: readonly CompletedEvent[]): Promise<void> {
    if (events.length === 0) return;
    const rows = events.map(({ id, ref, sender, headers, data, previous, targets }) => ({
      ...{ id, ref, sender, headers: asText(headers), data: asText(data) },
      ...{ previous: asText(previous), targets: asText(targets) },
    }));
    await this.query(
      `UPDATE ${this.tables.event} e SET ref = r.ref, sender = r.sender, headers = r.headers::json, data = r.data::json,
         previous = r.previous::json, targets = r.targets::json, source = NULL
       FROM json_to_recordset($1::json) AS r(id uuid, ref text, sender text, headers text, data text, previous text, targets text)
       WHERE e.id = r.id`,
      [JSON.stringify(rows)],
    );
  }

  /** Marks planned events that are not sent, by id with the reason, and empties `source`. */
  async skip(reasons: ReadonlyMap<string, string>): Promise<void> {
    if (reasons.size === 0) return;
    await this.query(
      `UPDATE ${this.tables.event} e SET skipped = r.reason, source = NULL
       FROM unnest($1::uuid[], $2::text[]) AS r(id, reason) WHERE e.id = r.id`,
      [[...reasons.keys()], [...reasons.values()]],
    );
  }
}
