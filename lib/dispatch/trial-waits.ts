import { monotonicMs } from '../base/clock';
import { timerMs } from '../base/deadline';
import { deliveryId } from '../delivery/chunk/chunk';
import type { OutcomeRecord } from '../delivery/chunk/outcome-record';
import type { Store } from '../store/store';
import type { Plan } from './plan/planner';

/** How often the database is asked about chunks that another process may have taken. */
const ASK_MS = 250;

/** Lets commits wait until each delivery of their events was tried once and the outcome is stored. */
export class TrialWaits {
  readonly #waits = new Set<Wait>();

  constructor(
    private readonly store: { readonly upkeep: Pick<Store['upkeep'], 'areTried'> },
    private readonly now = monotonicMs,
  ) {}

  /** Whether a commit waits. */
  get isAwaited(): boolean {
    return this.#waits.size > 0;
  }

  /** Resolves after `waitMs` at the latest. Deliveries that are not tried by then go on without the caller. */
  async tried(eventIds: readonly string[], waitMs: number): Promise<void> {
    const deadline = this.now() + waitMs;
    const wait = new Wait(eventIds);
    this.#waits.add(wait);
    try {
      for (;;) {
        const leftMs = deadline - this.now();
        if (leftMs <= 0 || (await wait.within(Math.min(leftMs, ASK_MS)))) return;
        if (await this.store.upkeep.areTried(eventIds)) return;
      }
    } finally {
      this.#waits.delete(wait);
    }
  }

  notePlanned(plan: Plan): void {
    if (this.#waits.size === 0 || plan.eventIds.length === 0) return;
    const deliveries = [...pairsOf(plan)];
    for (const wait of this.#waits) wait.notePlanned(plan, deliveries);
  }

  noteRecorded(records: readonly OutcomeRecord[]): void {
    for (const wait of this.#waits) wait.noteRecorded(records);
  }
}

/** The id of an event, and of a listener that it is delivered to. */
type Pair = readonly [eventId: string, listenerId: string];

function* pairsOf({ chunks, inTurn }: Plan): Generator<Pair> {
  for (const { eventIds, listenerIds } of chunks)
    for (const [n, eventId] of eventIds.entries()) yield [eventId, listenerIds[n] ?? ''];
  for (const { eventId, listenerId } of inTurn) yield [eventId, listenerId];
}

/** One commit that waits. */
class Wait {
  readonly #unplanned: Set<string>;
  /** Deliveries without a stored outcome. */
  readonly #untried = new Set<string>();
  /** Events of which other processes may send a part; only the database knows about those. */
  readonly #scattered = new Set<string>();
  readonly #end: Promise<true>;
  #resolve: (isTried: true) => void = () => undefined;

  constructor(eventIds: readonly string[]) {
    this.#unplanned = new Set(eventIds);
    this.#end = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Whether everything was tried within this time. */
  within(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), timerMs(ms)).unref();
      void this.#end.then(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  notePlanned({ eventIds, scattered }: Plan, deliveries: readonly Pair[]): void {
    for (const [eventId, listenerId] of deliveries)
      if (this.#unplanned.has(eventId)) this.#untried.add(deliveryId(eventId, listenerId));
    for (const eventId of scattered) if (this.#unplanned.has(eventId)) this.#scattered.add(eventId);
    for (const eventId of eventIds) this.#unplanned.delete(eventId);
    this.#endIfTried();
  }

  noteRecorded(records: readonly OutcomeRecord[]): void {
    for (const record of records) this.#untried.delete(record.deliveryId);
    this.#endIfTried();
  }

  #endIfTried(): void {
    if (this.#unplanned.size + this.#untried.size + this.#scattered.size === 0) this.#resolve(true);
  }
}
