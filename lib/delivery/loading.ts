import type { DataSource } from 'typeorm';
import { EVENT_COLUMNS, type EventRow, toEvent } from '../capture/event-row';
import type { Database } from '../database';
import type { HookCatalog } from '../hook/catalog';
import type { HookEvent } from '../hook/event';
import type { Hook } from '../hook/hook';
import type { ListenerStore, StoredListener } from '../listener/store';
import type { Tables } from '../tables';
import { type Chunk, deliveryId } from './chunk';
import { type DeliveryState, type Outcome, UNTRIED } from './outcome';

/** What a chunk's deliveries are made of, as it is stored now. */
export interface Loaded {
  readonly events: ReadonlyMap<string, LoadedEvent>;
  readonly listeners: ReadonlyMap<string, StoredListener>;
  readonly deliveries: readonly LoadedDelivery[];
}

export type LoadedEvent =
  | { readonly kind: 'readable'; readonly hook: Hook; readonly event: HookEvent }
  /** Its hook is attached in another process only. */
  | { readonly kind: 'foreign'; readonly row: EventRow }
  /** A transformer threw. */
  | { readonly kind: 'unreadable'; readonly row: EventRow };

/** Events as the planner read them. */
export type PlannedEvents = readonly HookEvent[];

export interface LoadedDelivery {
  readonly deliveryId: string;
  readonly eventId: string;
  readonly listenerId: string;
  readonly state: DeliveryState;
}

interface StateRow extends DeliveryState {
  readonly id: string;
  readonly chunk_id: string | null;
}

/** Reads chunks. URLs and secrets are those of now, not of when the chunk was planned. */
export class ChunkLoader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly database: Database,
    private readonly tables: Tables,
    private readonly listeners: ListenerStore,
    private readonly catalog: () => HookCatalog,
  ) {}

  /** `events`: those of a chunk that was planned here just now, so that nobody can have recorded an outcome of it yet. */
  async load(chunk: Chunk, events: PlannedEvents | null): Promise<Loaded> {
    const listeners = await this.listeners.find(this.database.query, 'l.id = ANY($1)', [
      [...new Set(chunk.listenerIds)],
    ]);
    const planned = plannedDeliveries(chunk);
    return {
      events: events ? this.#known(events) : await this.#read(chunk),
      listeners: new Map(listeners.map((stored) => [stored.listener.id, stored])),
      deliveries: events ? planned : await this.#withoutRecorded(chunk, planned),
    };
  }

  #known(events: PlannedEvents): ReadonlyMap<string, LoadedEvent> {
    const readable = events.map((event): [string, LoadedEvent] => {
      const hook = this.catalog().get(event.hook);
      return [event.id, { kind: 'readable', hook, event }];
    });
    return new Map(readable);
  }

  async #read(chunk: Chunk): Promise<ReadonlyMap<string, LoadedEvent>> {
    const rows = await this.database.query<EventRow>(
      `SELECT ${EVENT_COLUMNS} FROM ${this.tables.event} WHERE id = ANY($1)`,
      [[...new Set(chunk.eventIds)]],
    );
    return new Map(rows.map((row) => [row.id, this.#decode(row)]));
  }

  #decode(row: EventRow): LoadedEvent {
    const hook = this.catalog().find(row.hook);
    if (!hook) return { kind: 'foreign', row };
    try {
      return { kind: 'readable', hook, event: toEvent(this.dataSource, hook, row) };
    } catch {
      return { kind: 'unreadable', row };
    }
  }

  /** A row that is not of this chunk any more has its outcome already. */
  async #withoutRecorded(
    chunk: Chunk,
    planned: readonly LoadedDelivery[],
  ): Promise<readonly LoadedDelivery[]> {
    const rows = await this.database.query<StateRow>(
      `SELECT id, chunk_id, attempt, retries, reschedules FROM ${this.tables.delivery} WHERE id = ANY($1)`,
      [planned.map((delivery) => delivery.deliveryId)],
    );
    const states = new Map(rows.map((row) => [row.id, row]));
    return planned.flatMap((delivery) => {
      const row = states.get(delivery.deliveryId);
      if (!row) return [delivery];
      if (row.chunk_id !== chunk.id) return [];
      const { attempt, retries, reschedules } = row;
      return [{ ...delivery, state: { attempt, retries, reschedules } }];
    });
  }
}

function plannedDeliveries({ eventIds, listenerIds }: Chunk): readonly LoadedDelivery[] {
  return eventIds.map((eventId, n) => {
    const listenerId = listenerIds[n] ?? '';
    return { deliveryId: deliveryId(eventId, listenerId), eventId, listenerId, state: UNTRIED };
  });
}

/** A hook may be attached in another process only. */
const UNKNOWN_HOOK_MS = 5_000;

/** The name of an event, as far as it is known. */
export function nameOf(found: LoadedEvent | undefined): string {
  if (!found) return '';
  return found.kind === 'readable' ? found.event.name : found.row.event;
}

/** The outcome of a delivery whose event cannot be told here. */
export function outcomeWithout(found: LoadedEvent | undefined): Outcome {
  if (!found) return { kind: 'failed', reason: 'its event was pruned' };
  if (found.kind !== 'foreign') return { kind: 'failed', reason: 'its event could not be read' };
  const reason = `the hook "${found.row.hook}" is not attached in the process that tried`;
  return { kind: 'waiting', afterMs: UNKNOWN_HOOK_MS, reason };
}
