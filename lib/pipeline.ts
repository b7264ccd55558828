import type { Chunk } from './delivery/chunk/chunk';
import { NOTHING_PLANNED } from './delivery/chunk/loading';
import type { OutcomeRecord } from './delivery/chunk/outcome-record';
import type { Carrier } from './dispatch/carrier';
import { type Claims, wasUnheld } from './dispatch/claim/claims';
import type { DeliverChunkOptions } from './dispatch/dispatcher';
import type { Planner } from './dispatch/plan/planner';
import type { TrialWaits } from './dispatch/trial-waits';
import type { DueResult, PlanResult, Work } from './dispatch/work';

/** Chunks with an expired lease that the dispatcher is asked about at once, and at most. */
const ASKED_AT_ONCE = 500;
const MAX_ASKED = 10_000;

/**
 * Carries committed events to the listeners that want them: plan → dispatch → attempt → outcome. Start reading here.
 *
 * An event was stored by `capture/`, in the transaction of its change. `DeliveryEngine` decides when each step runs.
 */
export class Pipeline implements Work {
  constructor(
    private readonly planner: Planner,
    private readonly claims: Claims,
    private readonly carrier: Carrier,
    private readonly waits: TrialWaits,
  ) {}

  /** Plan: stores one delivery for each event and listener that wants it, in chunks. Dispatch: gives the chunks to the dispatcher. */
  async plan(): Promise<PlanResult> {
    const plan = await this.planner.plan();
    this.waits.notePlanned(plan);
    const isDispatched = await this.carrier.dispatch(plan.chunks, plan.planned);
    const { eventIds, hasMore, inTurn, scattered } = plan;
    return {
      planned: eventIds.length,
      hasMore,
      hasDue: inTurn.length > 0,
      hasUnheld: scattered.size > 0,
      isDispatched,
    };
  }

  /** Dispatches deliveries that this process has judged in place of the one that planned them. */
  async sweep(): Promise<void> {
    const chunk = await this.planner.sweep();
    if (chunk) await this.carrier.dispatch([chunk], null);
  }

  /** Attempt: the dispatcher hands a chunk back, here or in another process. Each delivery of it is one POST of the sender. */
  async deliver(chunk: Pick<Chunk, 'id' | 'token'>, options?: DeliverChunkOptions): Promise<void> {
    await this.carrier.deliver(chunk, options);
  }

  /** Outcome: the recorder has stored how attempts ended. Commits that wait go on, and the chunk of the last outcome has ended. */
  recorded(records: readonly OutcomeRecord[], lost: ReadonlySet<string>): void {
    this.waits.noteRecorded(records);
    this.carrier.noteRecorded(records, lost);
  }

  /** Dispatches a chunk of deliveries whose time has come: retries, and deliveries that are claimed in turn. */
  async claimDue(): Promise<DueResult> {
    const { restraints } = this.carrier;
    const chunk = await this.claims.due(restraints);
    if (!chunk) return { isClaimed: false, nextMs: await this.claims.nextDueMs(restraints) };
    await this.carrier.dispatch([chunk], null);
    return { isClaimed: true };
  }

  /** Dispatches chunks without a lease: new ones, and those of processes that died. Returns whether there may be more. */
  async claimUnheld(): Promise<boolean> {
    const limit = this.carrier.chunksWanted;
    const lost = this.carrier.mayHold ? await this.#lostChunks(limit) : undefined;
    if (lost === null) return false;
    const chunks = await this.claims.unheld(limit, lost);
    const untried = chunks.filter(wasUnheld);
    const others = chunks.filter((chunk) => !wasUnheld(chunk));
    const areDispatched = [
      await this.carrier.dispatch(untried, NOTHING_PLANNED),
      await this.carrier.dispatch(others, null),
    ];
    // Chunks that the dispatcher refused are left to the next sweep.
    return chunks.length === limit && !areDispatched.includes(false);
  }

  /**
   * Chunks with an expired lease that the dispatcher does not have any more. Those that it has get a new lease: waiting in a queue is no
   * sign of a dead process. Null if the dispatcher cannot be asked now.
   */
  async #lostChunks(limit: number): Promise<readonly string[] | null> {
    const lost: string[] = [];
    for (let asked = 0; asked < MAX_ASKED && lost.length < limit; asked += ASKED_AT_ONCE) {
      const expired = await this.claims.expired(ASKED_AT_ONCE, lost);
      const held = await this.carrier.held(expired);
      if (!held) return null;
      await this.claims.renew(expired.filter(({ id }) => held.has(id)));
      lost.push(...expired.flatMap(({ id }) => (held.has(id) ? [] : id)));
      if (expired.length < ASKED_AT_ONCE) break;
    }
    return lost;
  }

  get isAwaited(): boolean {
    return this.waits.isAwaited;
  }
}
