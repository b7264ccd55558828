import { monotonicMs } from '../../base/clock';
import type { DecodedEvent, EventDecoder } from '../../capture/outbox/event-decoder';
import type { HookCatalog } from '../../hook/catalog';
import type { HookEvent } from '../../hook/event';
import type { EventRow } from '../../store/events';
import type { ArrivedRows, LaterRows } from '../../store/later-rows';
import type { RecipientRow } from '../../store/recipients';
import type { Store } from '../../store/store';
import { type Chunk, deliveryId } from './chunk';
import { type DeliveryState, type Outcome, UNTRIED } from './outcome';
import { type Recipient, type RecipientKeys, recipientsOf } from './recipients';

/** A chunk with what its deliveries are made of, as it is stored now. */
export interface Loaded {
  readonly events: ReadonlyMap<string, LoadedEvent>;
  readonly recipients: ReadonlyMap<string, Recipient>;
  /** When the recipients were read, on the clock that is never set. */
  readonly readAtMs: number;
  readonly deliveries: readonly LoadedDelivery[];
}

export type LoadedEvent =
  | (Omit<Extract<DecodedEvent, { kind: 'readable' }>, 'unknownFields'> & {
      /** As it is stored; left out if it was not read. */
      readonly row?: EventRow;
      /** What this process does not know of that row. */
      readonly unknownFields?: ReadonlySet<string>;
    })
  | Exclude<DecodedEvent, { kind: 'readable' }>;

/** What was read when a chunk was planned. What is missing is read from the database. */
export interface Planned {
  /** By id. */
  readonly events: ReadonlyMap<string, HookEvent>;
  /** The rows of all recipients of its chunks; null if they were not read. */
  readonly recipients: LaterRows<RecipientRow> | null;
}

export const NOTHING_PLANNED: Planned = { events: new Map(), recipients: null };

/** Rows of recipients that were read longer ago are read again. */
const FRESH_MS = 100;

export interface LoadedDelivery {
  readonly deliveryId: string;
  readonly eventId: string;
  readonly listenerId: string;
  readonly state: DeliveryState;
  readonly ordered: boolean;
  /** It has a row: it was tried before, or has waited. Left out: no. */
  readonly isLate?: boolean;
}

/** Reads what chunks are made of. URLs and secrets are the current ones, not those of when the chunk was planned. */
export class ChunkLoader {
  constructor(
    private readonly decoder: Pick<EventDecoder, 'decode'>,
    private readonly store: Store,
    private readonly catalog: HookCatalog,
    private readonly keys: RecipientKeys,
  ) {}

  /** `planned` is null if another process may have had the chunk, so that some of its outcomes may be stored already. */
  async load(chunk: Chunk, planned: Planned | null): Promise<Loaded> {
    const rows = freshRows(planned) ?? (await this.#recipientRows(chunk));
    const recipients = recipientsOf(rows, this.keys);
    const deliveries = plannedDeliveries(chunk);
    return {
      events: await this.#events(new Set(chunk.eventIds), planned ?? NOTHING_PLANNED),
      recipients: new Map(recipients.map((recipient) => [recipient.id, recipient])),
      readAtMs: rows.atMs,
      deliveries: planned ? deliveries : await this.#withoutRecorded(chunk, deliveries),
    };
  }

  async #recipientRows({ listenerIds }: Chunk): Promise<ArrivedRows<RecipientRow>> {
    const rows = await this.store.recipients.read(new Set(listenerIds));
    return { rows, atMs: monotonicMs() };
  }

  async #events(
    ids: ReadonlySet<string>,
    { events: planned }: Planned,
  ): Promise<ReadonlyMap<string, LoadedEvent>> {
    const loaded = new Map<string, LoadedEvent>();
    for (const id of ids) {
      const event = planned.get(id);
      if (event) loaded.set(id, { kind: 'readable', hook: this.catalog.get(event.hook), event });
    }
    const missing = [...ids].filter((id) => !loaded.has(id));
    for (const row of await this.store.events.read(missing))
      loaded.set(row.id, { ...this.decoder.decode(row), row });
    return loaded;
  }

  /** Leaves out deliveries whose row is not assigned to this chunk any more: their outcomes are stored. */
  async #withoutRecorded(
    chunk: Chunk,
    planned: readonly LoadedDelivery[],
  ): Promise<readonly LoadedDelivery[]> {
    const rows = await this.store.deliveries.states(planned.map(({ deliveryId }) => deliveryId));
    const states = new Map(rows.map((row) => [row.id, row]));
    return planned.flatMap((delivery) => {
      const row = states.get(delivery.deliveryId);
      if (!row) return [delivery];
      if (row.chunk_id !== chunk.id) return [];
      const { attempt, retries, reschedules, ordered } = row;
      const state = { attempt, retries, reschedules };
      return [{ ...delivery, ordered, isLate: true, state }];
    });
  }
}

function freshRows(planned: Planned | null): ArrivedRows<RecipientRow> | null {
  const arrived = planned?.recipients?.arrived ?? null;
  return arrived && monotonicMs() - arrived.atMs < FRESH_MS ? arrived : null;
}

function plannedDeliveries({ eventIds, listenerIds }: Chunk): readonly LoadedDelivery[] {
  return eventIds.map((eventId, n) => {
    const listenerId = listenerIds[n] ?? '';
    const id = deliveryId(eventId, listenerId);
    return { deliveryId: id, eventId, listenerId, ordered: false, state: UNTRIED };
  });
}

/** Another process may be able to read the event; it gets the delivery if it claims it next. */
const UNKNOWN_EVENT_MS = 5_000;

/** The names of an event and of its hook; empty if it is not stored any more. */
export function namesOf(found: LoadedEvent | undefined): Pick<EventRow, 'hook' | 'event'> {
  if (!found) return { hook: '', event: '' };
  if (found.kind !== 'readable') return { hook: found.row.hook, event: found.row.event };
  return { hook: found.event.hook, event: found.event.name };
}

/** The outcome of a delivery whose event this process cannot send. */
export function outcomeWithoutEvent(found: LoadedEvent | undefined): Outcome {
  if (!found) return { kind: 'failed', reason: 'its event was pruned' };
  if (found.kind !== 'foreign') return { kind: 'failed', reason: 'its event could not be read' };
  const reason = `${found.reason} in the process that tried`;
  return { kind: 'waiting', afterMs: UNKNOWN_EVENT_MS, reason };
}
