import type { Chunk } from './delivery/chunk/chunk';
import { NOTHING_PLANNED } from './delivery/chunk/loading';
import type { OutcomeRecord } from './delivery/chunk/outcome-record';
import type { Carrier } from './dispatch/carrier';
import { type Claims, wasUnheld } from './dispatch/claim/claims';
import type { Planner } from './dispatch/plan/planner';
import type { TrialWaits } from './dispatch/trial-waits';
import type { DueResult, PlanResult, Work } from './dispatch/work';

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
    const { hasMore, inTurn, scattered } = plan;
    return { hasMore, hasDue: inTurn.length > 0, hasUnheld: scattered.size > 0, isDispatched };
  }

  /** Dispatches deliveries that this process has judged in place of the one that planned them. */
  async sweep(): Promise<void> {
    const chunk = await this.planner.sweep();
    if (chunk) await this.carrier.dispatch([chunk], null);
  }

  /** Attempt: the dispatcher hands a chunk back, here or in another process. Each delivery of it is one POST of the sender. */
  async deliver(
    chunk: Pick<Chunk, 'id' | 'token'>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<void> {
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
    const chunks = await this.claims.unheld(limit);
    const untried = chunks.filter(wasUnheld);
    const others = chunks.filter((chunk) => !wasUnheld(chunk));
    const areDispatched = [
      await this.carrier.dispatch(untried, NOTHING_PLANNED),
      await this.carrier.dispatch(others, null),
    ];
    // Chunks that the dispatcher refused are left to the next sweep.
    return chunks.length === limit && !areDispatched.includes(false);
  }

  get isAwaited(): boolean {
    return this.waits.isAwaited;
  }
}
