import type { DataSource } from 'typeorm';
import { isEmptyUpdate, toEvent } from '../../capture/outbox/event-row';
import type { Chunk } from '../../delivery/chunk/chunk';
import { NOTHING_PLANNED, type PlannedEvents } from '../../delivery/chunk/loading';
import type { HookCatalog } from '../../hook/catalog';
import type { HookEvent } from '../../hook/event';
import type { ResolvedTargets } from '../../listener/matching/dynamic-listeners';
import type { ListenerMatching } from '../../listener/matching/matching';
import { loggable } from '../../logging/loggable';
import type { Logger } from '../../logging/logger';
import type { Lease } from '../../store/chunks';
import type { EventRow, PlannableHere } from '../../store/events';
import type { Store } from '../../store/store';
import type { Vault } from '../../vault/vault';
import { ChunkWriter } from './chunk-writer';
import { type DeliveryInTurn, InTurnWriter } from './in-turn-writer';

export interface Plan {
  readonly eventIds: readonly string[];
  /** Leased to this process, to be dispatched now. */
  readonly chunks: readonly Chunk[];
  /** Ids of events with further chunks that no process holds yet. */
  readonly scattered: ReadonlySet<string>;
  /** Stored as rows of their own, to be claimed in turn. */
  readonly inTurn: readonly DeliveryInTurn[];
  /** The events of the chunks, so that they need not be read again. */
  readonly events: PlannedEvents;
  /** Whether there may be more to plan. */
  readonly hasMore: boolean;
}

export interface PlannerParts {
  readonly dataSource: DataSource;
  readonly store: Store;
  readonly matching: ListenerMatching;
  readonly catalog: HookCatalog;
  readonly vault: Vault;
  readonly logger: Logger;
}

const NOTHING: Plan = {
  eventIds: [],
  chunks: [],
  scattered: new Set(),
  inTurn: [],
  events: NOTHING_PLANNED,
  hasMore: false,
};

/** Events planned at once. */
const PLANNED_AT_ONCE = 500;
/** Most deliveries of one plan, unless a single event has more. A plan that exceeds this is rolled back. */
const MAX_DELIVERIES = 200_000;
/** After a rollback, this many times fewer events are planned at once. */
const FEWER = 8;

/** After an event that a listener wanted, the next events are planned without asking first whether any listener wants them. */
const WANTED_MS = 1_000;

/** Plans committed events: stores their deliveries in chunks. Events that another process is planning are skipped. */
export class Planner {
  #wantedAt = Number.NEGATIVE_INFINITY;
  #atOnce = PLANNED_AT_ONCE;

  constructor(
    private readonly parts: PlannerParts,
    private readonly lease: Lease,
    private readonly chunkSize?: number,
  ) {}

  async plan(limit = PLANNED_AT_ONCE): Promise<Plan> {
    if (performance.now() - this.#wantedAt < WANTED_MS) return this.#planWanted(limit);
    // A hook without listeners must cost its saves next to nothing, so its events are not even read.
    const { due, passed } = await this.parts.store.events.passUnwanted(this.#here, limit);
    if (passed.length === due)
      return { ...NOTHING, eventIds: passed, hasMore: passed.length >= limit };
    this.#wantedAt = performance.now();
    const wanted = await this.#planWanted(limit);
    return { ...wanted, eventIds: [...passed, ...wanted.eventIds] };
  }

  get #here(): PlannableHere {
    const { catalog, vault } = this.parts;
    return { hooks: catalog.allNames(), encryptionKeyIds: vault.ids };
  }

  /** Plans as many events as have a bounded number of deliveries; at least one. */
  async #planWanted(limit: number): Promise<Plan> {
    for (;;) {
      const atOnce = Math.min(limit, this.#atOnce);
      try {
        const { count, ...plan } = await this.#planTogether(atOnce);
        const isFew = count * FEWER < MAX_DELIVERIES;
        this.#atOnce = isFew ? Math.min(PLANNED_AT_ONCE, this.#atOnce * 2) : this.#atOnce;
        return plan;
      } catch (error) {
        if (!(error instanceof TooManyDeliveries)) throw error;
        this.#atOnce = Math.max(1, Math.floor(error.events / FEWER));
      }
    }
  }

  /** One transaction: events are planned if and only if their chunks are stored. */
  #planTogether(limit: number): Promise<Plan & { readonly count: number }> {
    return this.parts.store.snapshot(async (store) => {
      const rows = await store.events.claim(this.#here, limit);
      if (rows.length === 0) return { ...NOTHING, count: 0 };
      const { events, unreadable } = this.#read(rows);
      const writer = new ChunkWriter(store, this.lease, this.chunkSize);
      const inTurn = new InTurnWriter(store, rows);
      for await (const page of this.parts.matching.matching(store, events, targetsOf(rows)))
        for (const match of page) {
          await writer.add(match);
          await inTurn.add(match);
          if (writer.count + inTurn.deliveries.length > MAX_DELIVERIES && rows.length > 1)
            throw new TooManyDeliveries(rows.length);
        }
      await writer.end();
      await inTurn.end();
      await store.events.skipUnreadable(unreadable);
      return {
        eventIds: rows.map(({ id }) => id),
        chunks: writer.leased,
        scattered: writer.scattered,
        inTurn: inTurn.deliveries,
        events: new Map(events.map((event) => [event.id, event])),
        hasMore: rows.length >= limit,
        count: writer.count + inTurn.deliveries.length,
      };
    });
  }

  #read(rows: readonly EventRow[]): {
    readonly events: readonly HookEvent[];
    readonly unreadable: readonly string[];
  } {
    const { dataSource, catalog, logger } = this.parts;
    const events: HookEvent[] = [];
    const unreadable: string[] = [];
    for (const row of rows) {
      try {
        const event = toEvent(dataSource, catalog.get(row.hook), row);
        if (!isEmptyUpdate(event)) events.push(event);
      } catch (error) {
        unreadable.push(row.id);
        logger.error(`Event ${row.id} of hook "${row.hook}" cannot be read and is skipped.`, {
          error: loggable(error),
        });
      }
    }
    return { events, unreadable };
  }
}

function targetsOf(rows: readonly EventRow[]): ResolvedTargets {
  return new Map(rows.flatMap(({ id, targets }) => (targets ? [[id, targets] as const] : [])));
}

/** Rolls back a plan whose events have too many deliveries together. */
class TooManyDeliveries extends Error {
  constructor(readonly events: number) {
    super(`${events} events have too many deliveries to be planned at once.`);
  }
}
