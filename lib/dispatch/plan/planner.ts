import { NIL } from 'uuid';
import type { EventDecoder } from '../../capture/outbox/event-decoder';
import type { Chunk } from '../../delivery/chunk/chunk';
import { NOTHING_PLANNED, type Planned } from '../../delivery/chunk/loading';
import type { HookCatalog } from '../../hook/catalog';
import type { ShapesAhead } from '../../listener/matching/candidates';
import type { ResolvedTargets } from '../../listener/matching/dynamic-listeners';
import type { ListenerMatching } from '../../listener/matching/matching';
import { loggable } from '../../logging/loggable';
import type { Logger } from '../../logging/logger';
import type { Lease } from '../../store/chunks';
import type { ClaimedEvent, EventRow, Events, PlannableHere } from '../../store/events';
import { isRefused } from '../../store/refused';
import type { Store } from '../../store/store';
import type { Metrics } from '../../telemetry/metrics';
import type { Vault } from '../../vault/vault';
import { type ChunkLimits, ChunkWriter } from './chunk-writer';
import type { Completion } from './completion';
import { EventReading } from './event-reading';
import type { ForeignHooks } from './foreign-hooks';
import { type DeliveryInTurn, InTurnWriter } from './in-turn-writer';
import type { Judging } from './judging';
import { UnjudgedWarnings, UnjudgedWriter } from './unjudged-writer';

export interface Plan {
  readonly eventIds: readonly string[];
  /** Leased to this process, to be dispatched now. */
  readonly chunks: readonly Chunk[];
  /** Ids of events with further chunks that no process holds yet. */
  readonly scattered: ReadonlySet<string>;
  /** Stored as rows of their own, to be claimed in turn. */
  readonly inTurn: readonly DeliveryInTurn[];
  /** What was read of the chunks, so that it need not be read again. */
  readonly planned: Planned;
  /** Whether there may be more to plan. */
  readonly hasMore: boolean;
}

export interface PlannerParts {
  readonly store: Store;
  readonly decoder: EventDecoder;
  readonly matching: ListenerMatching;
  readonly catalog: HookCatalog;
  readonly vault: Vault;
  readonly logger: Logger;
  readonly foreign: Pick<ForeignHooks, 'sweep'>;
  readonly judging: Pick<Judging, 'sweep'>;
  readonly completion: Pick<Completion, 'complete'>;
  /** Undefined if nothing is measured. */
  readonly metrics?: Pick<Metrics, 'captured'> | undefined;
}

const NOTHING: Plan = {
  eventIds: [],
  chunks: [],
  scattered: new Set(),
  inTurn: [],
  planned: NOTHING_PLANNED,
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
/** Events that were left to others, and that each sweep tries to read. */
const LEFT_AT_ONCE = 100;

type ClaimEvents = (events: Events, limit: number) => Promise<readonly ClaimedEvent[]>;

/** Plans committed events: stores their deliveries in chunks. Events that another process is planning are skipped. */
export class Planner {
  #wantedAt = Number.NEGATIVE_INFINITY;
  #atOnce = PLANNED_AT_ONCE;
  #isLeftWanted = false;
  /** The last event that was left to others and tried here. The next sweep tries those after it. */
  #lastLeft: string = NIL;
  readonly #reading: EventReading;
  readonly #warnings: UnjudgedWarnings;

  constructor(
    private readonly parts: PlannerParts,
    private readonly lease: Lease,
    private readonly sizes: Omit<ChunkLimits, 'isBacklog'> = {},
  ) {
    this.#reading = new EventReading(parts.decoder, parts.logger);
    this.#warnings = new UnjudgedWarnings(parts.logger);
  }

  async plan(limit = PLANNED_AT_ONCE): Promise<Plan> {
    const left = this.#isLeftWanted ? await this.#planLeft() : NOTHING;
    if (left.eventIds.length > 0) return { ...left, hasMore: true };
    if (performance.now() - this.#wantedAt < WANTED_MS) return this.#planWanted(limit);
    // A hook without listeners must cost its saves next to nothing, so its events are not even read.
    const { store, metrics } = this.parts;
    const { due, passed, counts } = await store.events.passUnwanted(this.#here, limit);
    for (const one of counts) metrics?.captured(one);
    if (passed.length === due)
      return { ...NOTHING, eventIds: passed, hasMore: passed.length >= limit };
    this.#wantedAt = performance.now();
    const wanted = await this.#planWanted(limit);
    return { ...wanted, eventIds: [...passed, ...wanted.eventIds] };
  }

  /**
   * Takes up what only some of the processes can work on: two releases of an application may run at once. Returns a chunk of deliveries
   * that another process could not judge; null if there are none. The next plan begins with events that another process could not read.
   */
  async sweep(): Promise<Chunk | null> {
    const { foreign, judging } = this.parts;
    this.#isLeftWanted = true;
    await foreign.sweep();
    return judging.sweep();
  }

  get #here(): PlannableHere {
    const { catalog, vault } = this.parts;
    return { hooks: catalog.all(), encryptionKeyIds: vault.ids };
  }

  #planWanted(limit: number): Promise<Plan> {
    return this.#planFew(limit, (events, few) => events.claim(this.#here, few));
  }

  async #planLeft(): Promise<Plan> {
    this.#isLeftWanted = false;
    const plan = await this.#planFew(LEFT_AT_ONCE, (events, few) =>
      events.claimLeft(this.#here, few, this.#lastLeft),
    );
    this.#lastLeft = (plan.hasMore && plan.eventIds.at(-1)) || NIL;
    return plan;
  }

  /** Plans as many events as have a bounded number of deliveries and as the database accepts; at least one. */
  async #planFew(limit: number, claim: ClaimEvents): Promise<Plan> {
    for (;;) {
      const atOnce = Math.min(limit, this.#atOnce);
      try {
        const { count, ...plan } = await this.#planTogether(atOnce, claim);
        for (const { hook, operation } of plan.planned.events.values())
          this.parts.metrics?.captured({ hook, operation, count: 1 });
        const isFew = count * FEWER < MAX_DELIVERIES;
        this.#atOnce = isFew ? Math.min(PLANNED_AT_ONCE, this.#atOnce * 2) : this.#atOnce;
        return plan;
      } catch (error) {
        if (error instanceof TooManyDeliveries)
          this.#atOnce = Math.max(1, Math.floor(error.events / FEWER));
        else if (error instanceof RefusedEvents) await this.#narrow(error);
        else throw error;
      }
    }
  }

  /** Halves the plan until the event that cannot be planned is alone. */
  async #narrow({ rows, cause }: RefusedEvents): Promise<void> {
    this.#atOnce = Math.max(1, Math.floor(rows.length / 2));
    const [only, ...others] = rows;
    if (only && others.length === 0) await this.#refuse(only, cause);
  }

  /** An event whose values the database refuses is not sent. If code threw, another process may be able to plan the event. */
  async #refuse({ id, hook, age_ms }: EventRow, cause: unknown): Promise<void> {
    const { store, decoder, logger } = this.parts;
    const isFinal = isRefused(cause) || age_ms >= decoder.patienceMs;
    const then = isFinal ? 'is skipped' : 'is left to other processes';
    logger.error(`Event ${id} of hook "${hook}" cannot be planned and ${then}.`, {
      error: loggable(cause),
    });
    if (isFinal) await store.events.skipRefused(id);
    else await store.events.setAside(id);
    this.#lastLeft = id;
  }

  /** One transaction: events are planned if and only if their chunks are stored. What the database refuses may be known at the COMMIT only. */
  async #planTogether(
    limit: number,
    claim: ClaimEvents,
  ): Promise<Plan & { readonly count: number }> {
    let rows: readonly ClaimedEvent[] = [];
    try {
      return await this.parts.store.repeatableSnapshot(async (store) => {
        rows = [];
        const ahead = this.parts.matching.ahead(store);
        rows = await claim(store.events, limit);
        if (rows.length === 0) return { ...NOTHING, count: 0 };
        return { ...(await this.#stored(store, rows, ahead)), hasMore: rows.length >= limit };
      });
    } catch (error) {
      throw rows.length > 0 && isPoison(error) ? new RefusedEvents(rows, error) : error;
    }
  }

  async #stored(
    store: Store,
    claimed: readonly ClaimedEvent[],
    ahead: ShapesAhead | null,
  ): Promise<Omit<Plan, 'hasMore'> & { readonly count: number }> {
    const rows = await this.parts.completion.complete(store, claimed);
    const { events, unknownFields, left, unreadable } = this.#reading.read(rows);
    const isBacklog = claimed.length >= PLANNED_AT_ONCE;
    const writer = new ChunkWriter(store, this.lease, { ...this.sizes, isBacklog });
    const inTurn = new InTurnWriter(store, rows);
    const unjudged = new UnjudgedWriter(store, rows, this.#warnings);
    const count = () => writer.count + inTurn.deliveries.length + unjudged.count;
    const circumstances = { targets: targetsOf(rows), unknownFields, ahead };
    for await (const page of this.parts.matching.matching(store, events, circumstances))
      for (const match of page) {
        await writer.add(match);
        await inTurn.add(match);
        await unjudged.add(match);
        if (count() > MAX_DELIVERIES && claimed.length > 1)
          throw new TooManyDeliveries(claimed.length);
      }
    for (const stored of [writer, inTurn, unjudged]) await stored.end();
    await store.events.leave(left);
    await store.events.skipUnreadable(unreadable);
    return {
      eventIds: claimed.map(({ id }) => id),
      chunks: writer.leased,
      scattered: writer.scattered,
      inTurn: inTurn.deliveries,
      planned: {
        events: new Map(events.map((event) => [event.id, event])),
        recipients: writer.recipientsLater(),
      },
      count: count(),
    };
  }
}

/** Whether it is the events that cannot be planned: the database refuses their values, or code of ours or of the application throws. */
function isPoison(error: unknown): boolean {
  return isRefused(error) || error instanceof TypeError || error instanceof RangeError;
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

/** Rolls back a plan that cannot be stored as it is. */
class RefusedEvents extends Error {
  constructor(
    readonly rows: readonly EventRow[],
    override readonly cause: unknown,
  ) {
    super(`${rows.length} events could not be planned together.`);
  }
}
