import type { DataSource } from 'typeorm';
import { toEvent } from '../../capture/outbox/event-row';
import type { HookCatalog } from '../../hook/catalog';
import type { HookEvent } from '../../hook/event';
import type { Hook } from '../../hook/hook';
import type { EventRow } from '../../store/events';
import type { Store } from '../../store/store';
import type { Vault } from '../../vault/vault';
import { type Chunk, deliveryId } from './chunk';
import { type DeliveryState, type Outcome, UNTRIED } from './outcome';
import { type Recipient, readRecipients } from './recipients';

/** What a chunk's deliveries are made of, as it is stored now. */
export interface Loaded {
  readonly events: ReadonlyMap<string, LoadedEvent>;
  readonly recipients: ReadonlyMap<string, Recipient>;
  readonly deliveries: readonly LoadedDelivery[];
}

export type LoadedEvent =
  | { readonly kind: 'readable'; readonly hook: Hook; readonly event: HookEvent }
  /** Its hook is attached in another process only. */
  | { readonly kind: 'foreign'; readonly row: EventRow }
  /** A transformer threw. */
  | { readonly kind: 'unreadable'; readonly row: EventRow };

/** Events as they were read where a chunk was planned, by id. Of a chunk that nobody had before; what is missing is read. */
export type PlannedEvents = ReadonlyMap<string, HookEvent>;

export const NOTHING_PLANNED: PlannedEvents = new Map();

export interface LoadedDelivery {
  readonly deliveryId: string;
  readonly eventId: string;
  readonly listenerId: string;
  readonly state: DeliveryState;
  readonly ordered: boolean;
}

interface StateRow extends DeliveryState {
  readonly id: string;
  readonly chunk_id: string | null;
  readonly ordered: boolean;
}

/** Reads chunks. URLs and secrets are those of now, not of when the chunk was planned. */
export class ChunkLoader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly store: Store,
    private readonly catalog: HookCatalog,
    private readonly vault: Vault,
  ) {}

  /** `planned`: of a chunk that nobody had before, so that no outcome of it can be recorded. Else null. */
  async load(chunk: Chunk, planned: PlannedEvents | null): Promise<Loaded> {
    const { query } = this.store.database;
    const listeners = new Set(chunk.listenerIds);
    const recipients = await readRecipients(query, this.store.tables, this.vault, listeners);
    const deliveries = plannedDeliveries(chunk);
    return {
      events: await this.#events(new Set(chunk.eventIds), planned ?? NOTHING_PLANNED),
      recipients: new Map(recipients.map((recipient) => [recipient.id, recipient])),
      deliveries: planned ? deliveries : await this.#withoutRecorded(chunk, deliveries),
    };
  }

  async #events(
    ids: ReadonlySet<string>,
    planned: PlannedEvents,
  ): Promise<ReadonlyMap<string, LoadedEvent>> {
    const loaded = new Map<string, LoadedEvent>();
    for (const id of ids) {
      const event = planned.get(id);
      if (event) loaded.set(id, { kind: 'readable', hook: this.catalog.get(event.hook), event });
    }
    const missing = [...ids].filter((id) => !loaded.has(id));
    for (const row of await this.store.events.read(missing)) loaded.set(row.id, this.#decode(row));
    return loaded;
  }

  #decode(row: EventRow): LoadedEvent {
    const hook = this.catalog.find(row.hook);
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
    const rows = await this.store.database.query<StateRow>(
      `SELECT id, chunk_id, attempt, retries, reschedules, row_id IS NOT NULL AS ordered FROM ${this.store.tables.delivery} WHERE id = ANY($1::uuid[])`,
      [planned.map((delivery) => delivery.deliveryId)],
    );
    const states = new Map(rows.map((row) => [row.id, row]));
    return planned.flatMap((delivery) => {
      const row = states.get(delivery.deliveryId);
      if (!row) return [delivery];
      if (row.chunk_id !== chunk.id) return [];
      const { attempt, retries, reschedules, ordered } = row;
      return [{ ...delivery, ordered, state: { attempt, retries, reschedules } }];
    });
  }
}

function plannedDeliveries({ eventIds, listenerIds }: Chunk): readonly LoadedDelivery[] {
  return eventIds.map((eventId, n) => {
    const listenerId = listenerIds[n] ?? '';
    const id = deliveryId(eventId, listenerId);
    return { deliveryId: id, eventId, listenerId, ordered: false, state: UNTRIED };
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
